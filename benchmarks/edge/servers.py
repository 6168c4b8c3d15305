"""The servers under test, and Pub/Sub."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks.edge.load import request_bytes
from benchmarks.edge.processes import OTHER_CORE, SERVER_CORE, Program, started
from local.process import free_port
from local.pubsub import clients as pubsub_clients
from local.pubsub.google_emulator import EmulatorMissing, emulator_command

PROJECT, TOPIC = "aegis-local", "events"


class Server(NamedTuple):
    """`key` names it in the results; `arguments` start it, but for its port."""

    key: str
    name: str
    arguments: tuple[str, ...]
    path: str = "/v1/events"


_FASTAPI = ("uvicorn", "benchmarks.edge.fastapi_service:app")
SERVERS = (
    Server(
        "aegis",
        "Aegis, as deployed",
        ("ingest_function",),
    ),
    Server(
        "aegis_framework",
        "Aegis, functions-framework",
        (
            "functions_framework",
            "--target=ingest",
            "--source=ingest_function/main.py",
            "--host=127.0.0.1",
        ),
    ),
    Server("fastapi", "FastAPI + PublisherClient", _FASTAPI),
    Server("fastapi_futures", "the same, futures gathered", _FASTAPI, path="/v1/events/futures"),
)


@contextmanager
def running(server: Server, pubsub_host: str, folder: Path) -> Iterator[Program]:
    """Start `server` on its own core; at first it may not accept connections yet."""
    port = free_port()
    command = [sys.executable, "-m", *server.arguments]
    if server.key != "aegis":
        command.append(f"--port={port}")
    environment = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "GCP_PROJECT_ID": PROJECT,
        "PUB_SUB_TOPIC_ID": TOPIC,
        "PUBSUB_EMULATOR_HOST": pubsub_host,
        "AUTH_MODE": "none",
    }
    log = folder / f"{server.key}.log"
    with started(command, port, SERVER_CORE, environment, log) as program:
        yield program


@contextmanager
def running_pubsub(folder: Path) -> Iterator[tuple[str, str]]:
    """Google's emulator where it is found, else our own server: its name, and its host:port."""
    port = free_port()
    try:
        name, command = "Google's emulator", list(emulator_command(port))
    except EmulatorMissing:
        name = "local.pubsub.server"
        command = [sys.executable, "-m", name, f"--port={port}"]
    with started(command, port, OTHER_CORE, {}, folder / "pubsub.log") as program:
        program.wait_until_it_accepts()
        host = f"127.0.0.1:{port}"
        _create_topic(host)
        yield name, host


def _create_topic(host: str) -> None:
    with pubsub_clients.connect(host) as channel:
        client = pubsub_clients.publisher(channel)
        client.create_topic(name=f"projects/{PROJECT}/topics/{TOPIC}", timeout=60)


def cold_start_seconds(server: Server, pubsub_host: str, folder: Path) -> float:
    """From the start of the process to its first acknowledged event."""
    body = request_bytes(1).partition(b"\r\n\r\n")[2]
    headers = {"Content-Type": "application/json"}
    began = time.perf_counter()
    with running(server, pubsub_host, folder) as program:
        program.wait_until_it_accepts()
        url = f"http://127.0.0.1:{program.port}{server.path}"
        httpx.post(url, content=body, headers=headers, timeout=60).raise_for_status()
        return time.perf_counter() - began
