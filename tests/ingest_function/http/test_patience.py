"""How long the deployed server waits, and what it holds while it does."""

import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from benchmarks.edge.worst_bodies import worst_bodies
from tests.http_client import NO_CERTIFICATES
from tests.ingest_function.hosting import started
from tests.ingest_function.http.raw_http import SECONDS

MOST_BYTES = 300_000_000
WAITING = 64
# The command of the deployed service, but for its patience.
IMPATIENT = """
import ingest_function.__main__, ingest_function.service
ingest_function.service.HEADER_READ_SECONDS = 0.3
ingest_function.__main__.main()
"""


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST /v1/events HTTP/1.1\r\nHost: ed", b"GET /health HTTP/1.1\r\nHost: edge\r\n\r\n"],
    ids=["nothing", "half a header", "a whole request"],
)
def test_a_connection_on_which_no_request_comes_is_closed(
    environment: dict[str, str], sent: bytes
) -> None:
    with (
        started(environment, "-c", IMPATIENT) as program,
        socket.create_connection(("127.0.0.1", program.port), SECONDS) as connection,
    ):
        connection.sendall(sent)
        while connection.recv(65536):
            pass


@pytest.mark.slow
def test_many_of_the_worst_requests_that_wait_fit_in_memory(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        variables = {**environment, "PUBSUB_EMULATOR_HOST": f"{host}:{port}"}
        variables["PUBLISH_TIMEOUT_SECONDS"] = "4"
        body, _ = worst_bodies()["details full of integers"]
        with started(variables, "-m", "ingest_function") as program:
            url = f"http://127.0.0.1:{program.port}/v1/events"

            def post(_: int) -> int:
                headers = {"Content-Type": "application/json"}
                answer = httpx.post(
                    url, content=body, headers=headers, timeout=60, verify=NO_CERTIFICATES
                )
                return answer.status_code

            with ThreadPoolExecutor(WAITING) as pool:
                statuses = set(pool.map(post, range(WAITING)))
            assert statuses == {503}
            assert program.peak_memory_bytes() < MOST_BYTES
