"""One AppendRows call to BigQuery: requests go out as they come, responses return in order."""

import os
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import (
    BigQueryWriteGrpcTransport,
)
from google.cloud.bigquery_storage_v1.types import AppendRowsResponse

EMULATOR_VARIABLE = "BIGQUERY_STORAGE_EMULATOR_HOST"


class StreamEnded(Exception):  # noqa: N818 - an ordinary event of a long-lived stream
    """The server closed the stream without an error."""


Answer: TypeAlias = AppendRowsResponse | grpc.RpcError | StreamEnded


def connect() -> BigQueryWriteGrpcTransport:
    """A connection to BigQuery, or to the emulator that the environment names."""
    host = os.environ.get(EMULATOR_VARIABLE)
    channel = grpc.insecure_channel(host) if host else None
    return BigQueryWriteGrpcTransport(channel=channel)


class AppendStream:
    """A bidirectional stream; its answers are handed over in the order of `send`, then its end.

    `on_answer` is called in a thread of the stream's own, with the stream and a response or, last,
    the error or `StreamEnded` that ended the call; what is then unanswered may be stored or not.
    """

    def __init__(
        self,
        transport: BigQueryWriteGrpcTransport,
        write_stream: str,
        on_answer: Callable[["AppendStream", Answer], None],
    ) -> None:
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._on_answer = on_answer
        routing = ("x-goog-request-params", f"write_stream={write_stream}")
        self._call = transport.append_rows(iter(self._requests.get, None), metadata=[routing])
        threading.Thread(target=self._read, name="append-answers", daemon=True).start()

    def _read(self) -> None:
        try:
            for response in self._call:
                self._on_answer(self, response)
        except grpc.RpcError as error:
            self._on_answer(self, error)
        else:
            self._on_answer(self, StreamEnded("the server closed the stream"))

    def send(self, request: Any) -> None:
        """Send one `AppendRowsRequest`, as plain protobuf."""
        self._requests.put(request)

    def close(self) -> None:
        self._requests.put(None)
        self._call.cancel()
