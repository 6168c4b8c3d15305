"""Our Pub/Sub as a command of its own."""

import signal
import subprocess
import sys

import pytest

from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer, main
from tests.machine import ROOT

COMMAND = [sys.executable, "-m", "local.pubsub.server"]


def test_it_says_where_it_listens_and_ends_with_sigterm() -> None:
    with subprocess.Popen(
        [*COMMAND, "--port=0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        host = process.stdout.readline().removeprefix("pubsub listening on ").strip()
        with pubsub_clients.connect(host) as channel:
            topic = pubsub_clients.publisher(channel).create_topic(name="projects/p/topics/events")
        process.send_signal(signal.SIGTERM)

        assert topic.name == "projects/p/topics/events"
        assert process.wait(30) == 0


def test_a_port_out_of_range_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By itself, gRPC would take 65,536 from it, and listen there."""
    monkeypatch.setattr("sys.argv", ["server", "--port=99999"])
    with pytest.raises(SystemExit):
        main()
    line = "argument --port: '99999' is not a port: a number from 0 to 65535\n"
    assert capsys.readouterr().err.endswith(line)


def test_a_busy_port_is_one_clear_line(pubsub_server: PubSubServer) -> None:
    ended = subprocess.run(
        [*COMMAND, f"--port={pubsub_server.port}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 1
    lines = [line for line in ended.stderr.splitlines() if not line.startswith(("E0", "E1"))]
    assert lines == [f"port {pubsub_server.port} is busy: choose another with --port"]
