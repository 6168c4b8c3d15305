"""The edge in memory: the edge's own contract, and what tests ask of it."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from google.pubsub_v1.types import PublishRequest

from aegis_micro import Micro
from aegis_micro.__main__ import main
from aegis_micro.messages import decode_messages
from ingest_function.publish.messages import encode_messages
from tests.ingest_function.events import event

KEY = "a-key-for-the-tests-of-micro"
ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
ROOT = Path(__file__).parents[2]
# One for all, as each reads the certificates of the system anew; no connection stays open in it.
HTTP = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture
def micro() -> Iterator[Micro]:
    with Micro() as micro:
        yield micro


def post(micro: Micro, document: object, test_id: str = "") -> httpx.Response:
    return HTTP.post(micro.endpoint(test_id), json=document)


def test_accepted_and_refused_elements_are_shown_apart(micro: Micro) -> None:
    answer = post(micro, [event(user_id="a"), {"user_id": 5}, event(user_id="b")]).json()
    events = micro.wait_for_events(2)
    [refused] = micro.wait_for_refused(1)
    assert [each["event"]["user_id"] for each in events] == ["a", "b"]
    assert [each["message_id"] for each in events] == [
        each["message_id"] for each in answer["accepted"]
    ]
    assert (refused["index"], refused["event"]) == (1, {"user_id": 5})
    assert refused["errors"] == answer["rejected"][0]["errors"]


def test_a_request_refused_as_a_whole_is_shown_with_its_code(micro: Micro) -> None:
    HTTP.post(micro.endpoint(), content=b"{", headers={"Content-Type": "application/json"})
    [refused] = micro.wait_for_refused(1)
    assert (refused["status"], refused["index"], refused["event"]) == (400, None, None)
    assert refused["errors"][0]["code"] == "malformed_json"


def test_a_zipped_request_is_shown_as_it_was_read(micro: Micro) -> None:
    body = gzip.compress(json.dumps([event(), {"a": 1}]).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    HTTP.post(micro.endpoint(), content=body, headers=headers)
    assert micro.wait_for_refused(1)[0]["event"] == {"a": 1}


def test_parallel_tests_see_only_their_own(micro: Micro) -> None:
    def send(number: int) -> None:
        post(micro, [event(user_id=str(number)), {}], test_id=f"test-{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, range(16)))
    for number in range(16):
        [found] = micro.wait_for_events(1, test_id=f"test-{number}")
        assert found["event"]["user_id"] == str(number)
        assert len(micro.wait_for_refused(1, test_id=f"test-{number}")) == 1
    micro.reset("test-3")
    assert len(micro.wait_for_events()) == 15


def test_waiting_ends_as_soon_as_the_events_are_there(micro: Micro) -> None:
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(micro.wait_for_events, 2, seconds=30)
        began = time.monotonic()
        post(micro, event())
        post(micro, event())
        assert len(waiting.result()) == 2
    assert time.monotonic() - began < 20


def test_waiting_in_vain_says_how_many_came(micro: Micro) -> None:
    post(micro, event())
    with pytest.raises(TimeoutError, match=r"1 of 2 events came within 0\.05 s"):
        micro.wait_for_events(2, seconds=0.05)


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "publish_unavailable"), (429, "rate_limited"), (500, "internal_error")],
)
def test_an_ordered_fault_is_answered_in_the_edges_words(
    micro: Micro, status: int, code: str
) -> None:
    micro.order_fault(status=status, times=2, retry_after=7)
    answers = [post(micro, event()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 202]
    assert answers[0].json()["code"] == code
    assert answers[0].headers.get("retry-after") == (None if status == 500 else "7")
    assert len(micro.wait_for_events()) == 1


def test_an_answer_can_deny_what_was_stored(micro: Micro) -> None:
    micro.order_fault(status=503, stored=True)
    assert post(micro, event()).status_code == 503
    assert len(micro.wait_for_events()) == 1


def test_a_fault_can_delay_and_can_be_for_one_test(micro: Micro) -> None:
    micro.order_fault(delay_seconds=0.2, test_id="slow")
    began = time.monotonic()
    post(micro, event(), test_id="slow")
    assert time.monotonic() - began >= 0.2
    micro.order_fault(status=503, test_id="other")
    assert post(micro, event(), test_id="slow").status_code == 202


@pytest.mark.parametrize(
    "fault", [{"status": 418}, {"times": 0}, {"delay_seconds": 1e9}, {"times": "2"}, {"what": 1}]
)
def test_a_fault_that_makes_no_sense_is_refused(micro: Micro, fault: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|is an object of"):
        micro.order_fault(**fault)


def test_a_parameter_that_makes_no_sense_is_refused(micro: Micro) -> None:
    answer = HTTP.get(f"{micro.url}/micro/events", params={"wait_for": "many"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert HTTP.get(f"{micro.url}/micro/else").status_code == 404


def test_keys_and_origins_are_those_of_the_edge() -> None:
    with Micro(api_key=KEY, allowed_origins=[ORIGIN]) as micro:
        headers = {"Authorization": f"Bearer {KEY}", "Origin": ORIGIN}
        good = HTTP.post(micro.endpoint(), json=event(), headers=headers)
        bare = post(micro, event())
        other = HTTP.post(micro.endpoint(), json=event(), headers={"Origin": "https://a.example"})
        codes = [each["errors"][0]["code"] for each in micro.wait_for_refused(2)]
    assert [good.status_code, bare.status_code, other.status_code] == [202, 401, 403]
    assert good.headers["access-control-allow-origin"] == ORIGIN
    assert codes == ["missing_credentials", "origin_not_allowed"]


def test_what_the_edge_encodes_is_what_googles_classes_read() -> None:
    lengths = (1, 200, 20_000)  # of one, two and three bytes
    events = [event(event_id="a" * 36, event_details={"x": "é" * n}) for n in lengths]
    encoded = encode_messages(events, {"request_id": "r", "received_at": "t"})
    expected = PublishRequest.pb().FromString(encoded).messages
    assert [(message.data, dict(message.attributes)) for message in expected] == [
        (message.data, message.attributes) for message in decode_messages(encoded)
    ]


@pytest.mark.parametrize("port", ["http", "65536", "-1", ""])
def test_a_port_out_of_range_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    monkeypatch.setattr("sys.argv", ["aegis_micro", f"--port={port}"])
    with pytest.raises(SystemExit):
        main()
    line = f"argument --port: {port!r} is not a port: a number from 0 to 65535"
    assert capsys.readouterr().err.splitlines()[-1].endswith(line)


def test_a_busy_port_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, micro: Micro) -> None:
    port = micro.url.rpartition(":")[2]
    monkeypatch.setattr("sys.argv", ["aegis_micro", f"--port={port}"])
    with pytest.raises(SystemExit, match=rf"^aegis-micro: port {port}: address already in use: "):
        main()


def test_the_command_serves_until_it_is_ended() -> None:
    command = [sys.executable, "-m", "aegis_micro", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        endpoint = process.stdout.readline().split()[-1]
        answer = HTTP.post(endpoint, json=event())
        process.terminate()
        assert process.wait(10) == 0
    assert answer.status_code == 202
