"""A BigQueryWrite server that speaks the real protocol, keeps or counts rows, and fails on demand.

Run alone it only counts, in a process of its own for benchmarks:
`python -m local.bigquery.write_server` prints its port, and on SIGUSR1 and SIGTERM how many rows,
requests and streams came.
"""

import argparse
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import Any, NoReturn, Self

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1.types import (
    AppendRowsRequest,
    AppendRowsResponse,
    RowError,
)

METHOD = "/google.cloud.bigquery.storage.v1.BigQueryWrite/AppendRows"
MAX_REQUEST_BYTES = 20_000_000  # "must be less than 20 MB": AppendRowsRequest
HOLD_SECONDS = 60  # a hang that nobody releases ends all the same
MAX_STREAMS = 64  # each has a thread

Fault = Callable[[grpc.ServicerContext, str, pa.RecordBatch], AppendRowsResponse | None]


class BigQueryWriteServer(AbstractContextManager["BigQueryWriteServer"]):
    """In-process server; `rows[table]` lists what it stored, `faults` is consumed one per request.

    A fault sees the request's table and batch and returns a response in place of storing it, aborts
    the call, or returns None to store it all the same. `fault` gives one for each request that
    `faults` has none for. Each answer comes `latency` seconds after its request, in their order.
    """

    def __init__(self, *, keep: bool = True, latency: float = 0.0) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.count = 0
        self.requests = 0
        self.largest_request = 0
        self.streams = 0
        self.trace_ids: set[str] = set()
        self.faults: list[Fault] = []
        self.fault: Callable[[], Fault | None] = lambda: None
        self._open: list[queue.SimpleQueue[tuple[float, AppendRowsRequest] | None]] = []
        self._keep = keep
        self._latency = latency
        self._lock = threading.Lock()
        options = [("grpc.max_receive_message_length", -1)]
        self._server = grpc.server(ThreadPoolExecutor(MAX_STREAMS), options=options)
        handler = grpc.stream_stream_rpc_method_handler(
            self._append_rows,
            request_deserializer=AppendRowsRequest.deserialize,
            response_serializer=AppendRowsResponse.serialize,
        )
        self._server.add_generic_rpc_handlers((_Only(handler),))
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(grace=None).wait()

    def _append_rows(
        self, requests: Iterator[AppendRowsRequest], context: grpc.ServicerContext
    ) -> Iterator[AppendRowsResponse]:
        self.streams += 1
        for due, request in self._arrivals(requests, context):
            if (left := due - time.monotonic()) > 0:
                time.sleep(left)
            try:
                yield self._append(request, context)
            except StopStream:
                return

    def _arrivals(
        self, requests: Iterator[AppendRowsRequest], context: grpc.ServicerContext
    ) -> Iterator[tuple[float, AppendRowsRequest]]:
        """Requests as they come, and when each is to be answered; ends when it is told to."""
        arrived: queue.SimpleQueue[tuple[float, AppendRowsRequest] | None] = queue.SimpleQueue()
        with self._lock:
            self._open.append(arrived)

        def read() -> None:
            with suppress(Exception):  # gRPC's iterator raises a bare one at the end
                for request in requests:
                    arrived.put((time.monotonic() + self._latency, request))
            arrived.put(None)

        context.add_callback(lambda: arrived.put(None))
        threading.Thread(target=read, daemon=True).start()
        yield from iter(arrived.get, None)

    def close_streams(self) -> None:
        """End all streams that are open, as BigQuery does with idle ones."""
        with self._lock:
            ended, self._open = self._open, []
        for arrived in ended:
            arrived.put(None)

    def _append(
        self, request: AppendRowsRequest, context: grpc.ServicerContext
    ) -> AppendRowsResponse:
        self.requests += 1
        self.trace_ids.add(request.trace_id)
        size = AppendRowsRequest.pb(request).ByteSize()
        self.largest_request = max(self.largest_request, size)
        if size >= MAX_REQUEST_BYTES:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"request too large: {size}")
        table, batch = request.write_stream.split("/")[5], _batch(request)
        with self._lock:
            fault = self.faults.pop(0) if self.faults else self.fault()
        response = fault(context, table, batch) if fault else None
        if response is None:
            self.store(table, batch)
        return response or AppendRowsResponse(append_result={})

    def store(self, table: str, batch: pa.RecordBatch) -> None:
        with self._lock:
            self.count += batch.num_rows
            if self._keep:
                self.rows.setdefault(table, []).extend(batch.to_pylist())


class StopStream(Exception):  # noqa: N818 - the server's way to close a stream in peace
    """Raised by a fault that ends the stream without an error."""


def refuse(unwanted: Callable[[dict[str, Any]], bool], reason: str) -> Fault:
    """Row errors, as BigQuery gives them: the whole request is stored only without them."""

    def fault(_: grpc.ServicerContext, __: str, batch: pa.RecordBatch) -> AppendRowsResponse | None:
        errors = [
            RowError(index=index, code=RowError.RowErrorCode.FIELDS_ERROR, message=reason)
            for index, row in enumerate(batch.to_pylist())
            if unwanted(row)
        ]
        error = {"code": grpc.StatusCode.INVALID_ARGUMENT.value[0], "message": "row errors"}
        return AppendRowsResponse(row_errors=errors, error=error) if errors else None

    return fault


def choke_on(unwanted: Callable[[dict[str, Any]], bool], message: str) -> Fault:
    """INVALID_ARGUMENT for a request that holds such a row, without saying which it is."""

    def fault(_: grpc.ServicerContext, __: str, batch: pa.RecordBatch) -> AppendRowsResponse | None:
        error = {"code": grpc.StatusCode.INVALID_ARGUMENT.value[0], "message": message}
        poisoned = any(map(unwanted, batch.to_pylist()))
        return AppendRowsResponse(error=error) if poisoned else None

    return fault


def respond(code: grpc.StatusCode, message: str) -> Fault:
    """An error in the response; the stream stays open."""
    error = {"code": code.value[0], "message": message}
    return lambda *_: AppendRowsResponse(error=error)


def abort(code: grpc.StatusCode, message: str) -> Fault:
    """The call fails, and with it all that is in flight."""

    def fault(context: grpc.ServicerContext, _: str, __: pa.RecordBatch) -> NoReturn:
        context.abort(code, message)
        raise AssertionError("abort raises")

    return fault


def close_stream(*_: object) -> NoReturn:
    """The server ends the stream without an error or an answer."""
    raise StopStream


def succeed(*_: object) -> None:
    """No fault: the request is stored."""


def change_schema(server: BigQueryWriteServer, columns: list[str]) -> Fault:
    """The rows are stored, and the answer tells that the table has other columns now."""

    def fault(_: grpc.ServicerContext, table: str, batch: pa.RecordBatch) -> AppendRowsResponse:
        server.store(table, batch)
        schema = {"fields": [{"name": name} for name in columns]}
        return AppendRowsResponse(append_result={}, updated_schema=schema)

    return fault


def lose_answer(server: BigQueryWriteServer) -> Fault:
    """The rows are stored, but the connection breaks before the answer."""

    def fault(context: grpc.ServicerContext, table: str, batch: pa.RecordBatch) -> NoReturn:
        server.store(table, batch)
        context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset")
        raise AssertionError("abort raises")

    return fault


def hold(released: threading.Event) -> Fault:
    """No answer until `released`, or until the test is long over; then the rows are stored."""

    def fault(*_: object) -> None:
        released.wait(HOLD_SECONDS)

    return fault


class _Only(grpc.GenericRpcHandler):
    def __init__(self, handler: grpc.RpcMethodHandler) -> None:
        self._handler = handler

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self._handler if details.method == METHOD else None


def _batch(request: AppendRowsRequest) -> pa.RecordBatch:
    schema = pa.ipc.read_schema(pa.py_buffer(request.arrow_rows.writer_schema.serialized_schema))
    rows = request.arrow_rows.rows.serialized_record_batch
    return pa.ipc.read_record_batch(pa.py_buffer(rows), schema)


def main() -> None:
    """Serve until SIGTERM."""
    command = argparse.ArgumentParser(prog="python -m local.bigquery.write_server")
    command.add_argument("--latency", type=float, default=0.0, help="seconds until each answer")
    latency = command.parse_args().latency
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # sigwait takes only what is blocked
    with BigQueryWriteServer(keep=False, latency=latency) as server:
        print(server.host, flush=True)
        asked = True
        while asked:
            asked = signal.sigwait(signals) == signal.SIGUSR1
            print(server.count, server.requests, server.streams, flush=True)


if __name__ == "__main__":
    main()
