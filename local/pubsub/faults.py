"""Faults to order: the next calls of a gRPC method fail, or take their time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc


@dataclass
class _Failure:
    code: grpc.StatusCode
    times: int
    applied: bool


class Faults:
    """Methods go by their gRPC name, such as "Publish" or "Pull"."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, _Failure] = {}
        self._delays: dict[str, float] = {}

    def fail(
        self, method: str, code: grpc.StatusCode, times: int = 1, *, applied: bool = False
    ) -> None:
        """Answer the next `times` calls with `code`.

        With `applied` the call takes effect first: the answer is lost, not the request.
        """
        with self._lock:
            self._failures[method] = _Failure(code, times, applied)

    def delay(self, method: str, seconds: float) -> None:
        """Hold back every call for `seconds` before it takes effect."""
        with self._lock:
            self._delays[method] = seconds

    def clear(self) -> None:
        with self._lock:
            self._failures.clear()
            self._delays.clear()

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Apply what was ordered to one call, whose effect is the body of the `with` block."""
        failure = self._next_failure(method)
        time.sleep(self._delays.get(method, 0))
        if not context.is_active():
            context.abort(grpc.StatusCode.CANCELLED, "the call ended before it took effect")
        if failure and not failure.applied:
            context.abort(failure.code, "injected before the call took effect")
        yield
        if failure:
            context.abort(failure.code, "injected after the call took effect")

    def _next_failure(self, method: str) -> _Failure | None:
        with self._lock:
            failure = self._failures.get(method)
            if failure is None or failure.times == 0:
                return None
            failure.times -= 1
            return failure
