"""A console that cannot start says why in one line."""

import socket

import pytest

from console.__main__ import main, read_address

SETTINGS = {
    "GCP_PROJECT_ID": "my-project",
    "PUB_SUB_TOPIC_ID": "events",
    "BIGQUERY_DATASET_ID": "aegis",
    "BIGQUERY_TABLE_ID": "events",
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1",
    "CONSOLE_ACCESS": "loopback",
}


@pytest.mark.parametrize("port", ["http", "65536", "-1", ""])
def test_a_port_out_of_range_is_one_clear_line(port: str) -> None:
    assert read_address({})[1] == 8080
    with pytest.raises(SystemExit, match=r"^console: PORT must be a number from 0 to 65535$"):
        read_address({"PORT": port})


def test_a_busy_port_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["console"])
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        for name, value in (SETTINGS | {"HOST": "127.0.0.1", "PORT": str(port)}).items():
            monkeypatch.setenv(name, value)
        line = rf"^console: 127\.0\.0\.1:{port}: Address already in use$"
        with pytest.raises(SystemExit, match=line):
            main()
