"""The edge on a free port, reached over real HTTP: in this process, or in one of its own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from benchmarks.edge.processes import Program
from ingest_function.http.connection import Connection
from ingest_function.service import Service
from ingest_function.settings import read_settings
from local.process import Process, accepts, free_port
from tests.http_client import NO_CERTIFICATES

DEADLINE_SECONDS = 60
HOSTS = {
    "functions-framework": [
        "functions_framework",
        "--target=ingest",
        "--source=ingest_function/main.py",
        "--host=127.0.0.1",
    ],
    "service": ["ingest_function"],
}


def least_environment(pubsub_host: str) -> dict[str, str]:
    """The least that the edge needs to start."""
    return {
        "GCP_PROJECT_ID": "aegis-local",
        "PUB_SUB_TOPIC_ID": "events",
        "PUBSUB_EMULATOR_HOST": pubsub_host,
        "AUTH_MODE": "none",
    }


@contextmanager
def serve(environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """A client of an edge configured by `environment`, which is drained at the end."""
    config = uvicorn.Config(
        Service(read_settings(environment)),
        port=0,
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with httpx.Client(
            base_url=_address(server), timeout=DEADLINE_SECONDS, verify=NO_CERTIFICATES
        ) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def _address(server: uvicorn.Server) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    return f"http://{host}:{port}"


def started_with(host: str, port: int) -> tuple[list[str], dict[str, str]]:
    """The command line and the variables that bind a host to a port."""
    command = [sys.executable, "-m", *HOSTS[host]]
    if host == "service":
        return command, {"HOST": "127.0.0.1", "PORT": str(port)}
    return [*command, f"--port={port}"], {}


@contextmanager
def hosted(host: str, environment: dict[str, str], folder: Path) -> Iterator[tuple[str, Process]]:
    """One of `HOSTS` as a program, its log in `folder`, and its address."""
    port = free_port()
    command, variables = started_with(host, port)
    process = Process("function", command, {**environment, **variables}, folder)
    try:
        process.wait_until(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.stop()


@contextmanager
def started(environment: dict[str, str], *command: str) -> Iterator[Program]:
    """Python with this command line, which serves the edge."""
    port = free_port()
    variables = {**os.environ, **environment, "HOST": "127.0.0.1", "PORT": str(port)}
    with subprocess.Popen([sys.executable, *command], env=variables, text=True) as process:
        program = Program(process, port)
        try:
            program.wait_until_it_accepts()
            yield program
        finally:
            process.terminate()
