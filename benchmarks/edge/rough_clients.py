"""Clients of a soak: good ones, floods, those that hang up, and the worst bodies."""

import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from benchmarks.edge.load import request_bytes
from benchmarks.edge.worst_bodies import worst_bodies

JSON = {"Content-Type": "application/json"}
TIMEOUT_SECONDS = 30
# So a soak takes little of a machine that others use.
PAUSE_SECONDS = 0.05


class RoughClients:
    """Sends to one port of this machine, and counts the answers by status."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._good = request_bytes(1).partition(b"\r\n\r\n")[2]
        self._batch = request_bytes(50).partition(b"\r\n\r\n")[2]
        self.statuses: Counter[str] = Counter()

    def steady(self, seconds: float) -> None:
        """Four well-behaved clients; each answer must be 202."""
        self._in_threads(4, seconds, lambda: self._count("steady", self._post(self._good)))

    def flood(self, seconds: float) -> None:
        """More than Pub/Sub takes, by forty clients that do not wait long between requests."""
        self._in_threads(40, seconds, lambda: self._count("flood", self._post(self._batch)))

    def hang_up(self, times: int) -> None:
        """Announce a body, send half of it, and reset the connection."""
        head, _, body = request_bytes(50).partition(b"\r\n\r\n")
        for _ in range(times):
            with socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS) as connection:
                connection.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, for 0 seconds: a reset
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.statuses["aborted"] += 1

    def worst(self) -> None:
        """Each of the most expensive bodies once."""
        for body, headers in worst_bodies().values():
            self._count("worst", self._post(body, headers))

    def seconds_to_recover(self) -> float:
        """Until the next 202."""
        began = time.monotonic()
        while self._post(self._good) != HTTPStatus.ACCEPTED:
            time.sleep(PAUSE_SECONDS)
        return time.monotonic() - began

    def _in_threads(self, clients: int, seconds: float, send: Callable[[], None]) -> None:
        end = time.monotonic() + seconds

        def run() -> None:
            while time.monotonic() < end:
                send()
                time.sleep(PAUSE_SECONDS)

        with ThreadPoolExecutor(clients) as pool:
            for future in [pool.submit(run) for _ in range(clients)]:
                future.result()

    def _count(self, kind: str, status: int) -> None:
        self.statuses[f"{kind} {status}"] += 1

    def _post(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """The status; 0 if there was no answer."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", "/v1/events", body, {**JSON, **(headers or {})})
            response = connection.getresponse()
            json.load(response)
        except (OSError, HTTPException):
            return 0
        else:
            return response.status
        finally:
            connection.close()
