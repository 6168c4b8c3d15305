"""One AppendRows call to BigQuery: requests go out as they come, responses return in order."""

import os
import queue
import threading

import grpc
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import (
    BigQueryWriteGrpcTransport,
)
from google.cloud.bigquery_storage_v1.types import AppendRowsRequest, AppendRowsResponse

EMULATOR_VARIABLE = "BIGQUERY_STORAGE_EMULATOR_HOST"


class StreamEnded(Exception):  # noqa: N818 - an ordinary event of a long-lived stream
    """The server closed the stream without an error, or stayed silent for too long."""


def connect() -> BigQueryWriteGrpcTransport:
    """A connection to BigQuery, or to the emulator that the environment names."""
    host = os.environ.get(EMULATOR_VARIABLE)
    channel = grpc.insecure_channel(host) if host else None
    return BigQueryWriteGrpcTransport(channel=channel)


class AppendStream:
    """A bidirectional stream; `receive` yields responses in the order of `send`."""

    def __init__(self, transport: BigQueryWriteGrpcTransport, write_stream: str) -> None:
        self._requests: queue.SimpleQueue[AppendRowsRequest | None] = queue.SimpleQueue()
        self._responses: queue.SimpleQueue[AppendRowsResponse | Exception] = queue.SimpleQueue()
        routing = ("x-goog-request-params", f"write_stream={write_stream}")
        requests = iter(self._requests.get, None)
        self._call = transport.append_rows(requests, metadata=[routing])
        threading.Thread(target=self._read, name="append-rows", daemon=True).start()

    def _read(self) -> None:
        try:
            for response in self._call:
                self._responses.put(response)
        except grpc.RpcError as error:
            self._responses.put(error)
        else:
            self._responses.put(StreamEnded("the server closed the stream"))

    def send(self, request: AppendRowsRequest) -> None:
        self._requests.put(request)

    def receive(self, timeout: float) -> AppendRowsResponse:
        """The next response, waiting at most `timeout` seconds.

        Raises:
            grpc.RpcError: the call failed; what is in flight may or may not be stored.
            StreamEnded: the call ended, or no response came in time; the same holds.
        """
        try:
            response = self._responses.get(timeout=timeout)
        except queue.Empty:
            raise StreamEnded(f"no response within {timeout:g} s") from None
        if isinstance(response, Exception):
            raise response
        return response

    def close(self) -> None:
        self._requests.put(None)
        self._call.cancel()
