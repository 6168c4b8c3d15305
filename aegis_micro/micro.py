"""The server in a thread, and its questions as methods."""

import json
import socket
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import uvicorn

from aegis_micro.application import Application
from ingest_function.settings import Settings, read_settings

HOST = "127.0.0.1"
START_SECONDS = 10  # a second is enough, unless the machine is busy


class Micro:
    """Serves from entering the context until leaving it, on `port` or any that is free.

    With `api_key` the client must send it; without, everyone may send.
    """

    def __init__(
        self, *, port: int = 0, api_key: str = "", allowed_origins: Sequence[str] = ()
    ) -> None:
        self._settings = _settings(api_key, allowed_origins)
        self._port = port
        self._server: uvicorn.Server
        self._thread: threading.Thread

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def endpoint(self, test_id: str = "") -> str:
        """Where a client sends to; what comes there is filed under `test_id`."""
        query = f"?{urlencode({'test_id': test_id})}" if test_id else ""
        return f"{self.url}/v1/events{query}"

    def wait_for_events(
        self, count: int = 0, *, test_id: str | None = None, seconds: float = 5
    ) -> list[dict[str, Any]]:
        """The accepted events with `attributes` and `message_id`, in order of arrival.

        Raises:
            TimeoutError: fewer than `count` came in time.
        """
        return self._wait("events", count, test_id, seconds)

    def wait_for_refused(
        self, count: int = 0, *, test_id: str | None = None, seconds: float = 5
    ) -> list[dict[str, Any]]:
        """What was refused, with `errors`; as `wait_for_events` otherwise."""
        return self._wait("refused", count, test_id, seconds)

    def order_fault(self, **fault: Any) -> None:
        """Let the next requests meet a fault: the members of `aegis_micro.faults.Fault`."""
        self._ask("POST", "/micro/faults", fault)

    def reset(self, test_id: str | None = None) -> None:
        """Forget what came under `test_id`; without one everything, faults too."""
        query = {} if test_id is None else {"test_id": test_id}
        self._ask("POST", f"/micro/reset?{urlencode(query)}")

    def _wait(
        self, outcome: str, count: int, test_id: str | None, seconds: float
    ) -> list[dict[str, Any]]:
        query = {"wait_for": count, "timeout": seconds}
        if test_id is not None:
            query["test_id"] = test_id  # type: ignore[assignment]
        answer = self._ask("GET", f"/micro/{outcome}?{urlencode(query)}")
        found: list[dict[str, Any]] = answer[outcome]
        if len(found) < count:
            raise TimeoutError(f"{len(found)} of {count} {outcome} came within {seconds} s")
        return found

    def _ask(self, method: str, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = Request(f"{self.url}{path}", body, method=method)  # noqa: S310 - our own server
        try:
            with urlopen(request) as response:  # noqa: S310
                text = response.read()
        except HTTPError as error:
            text = error.read()
            if b'"count"' not in text:
                raise ValueError(json.loads(text)["detail"]) from None
        return json.loads(text) if text else None

    def __enter__(self) -> Self:
        # Here, not in the thread: a busy port is the caller's error, and a free one known at once.
        listening = socket.create_server((HOST, self._port))
        self._port = listening.getsockname()[1]
        self._server = uvicorn.Server(server_config(self._settings))
        run = self._server.run
        self._thread = threading.Thread(target=run, args=([listening],), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("aegis-micro did not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()


def server_config(settings: Settings) -> uvicorn.Config:
    # The application belongs to the event loop that serves it, so the server makes it there.
    return uvicorn.Config(
        lambda: Application(settings),
        factory=True,
        host=HOST,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def _settings(api_key: str, allowed_origins: Sequence[str]) -> Settings:
    """The edge's own reading of its environment, with memory for an emulator.

    Raises:
        ingest_function.settings.ConfigurationError: the key or an origin is not usable.
    """
    return read_settings(
        {
            "GCP_PROJECT_ID": "aegis-micro",
            "PUB_SUB_TOPIC_ID": "events",
            "PUBSUB_EMULATOR_HOST": "memory",
            "AUTH_MODE": "api_key" if api_key else "none",
            "API_KEYS": api_key,
            "ALLOWED_ORIGINS": ",".join(allowed_origins),
            "LOG_LEVEL": "ERROR",
        }
    )
