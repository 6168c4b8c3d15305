"""HTTP/1.1 on one connection, without the messages that ASGI makes of each request.

uvicorn accepts connections, and starts and ends processes; what lies between it and the edge is
here: one request after the other, and bounds of number and time.
"""

import asyncio
from typing import Any, Protocol, cast

import uvicorn
from uvicorn.server import ServerState

from ingest_function.http.exchange import Request, Response
from ingest_function.http.parsing import RequestParser
from ingest_function.http.problem import Problem, ProblemCode, unavailable
from ingest_function.http.timers import Timers
from ingest_function.http.wire import CONTINUE, response_bytes

# Of one worker, each of which may hold a body; Cloud Run sends at most 250 requests at once.
MAX_CONNECTIONS = 256
# After its last answer a client has this long to read it and hang up: if we closed first, bytes
# that we did not read would take the answer from it (RFC 9112 section 9.6).
ENDING_SECONDS = 1.0


class Responder(Protocol):
    """What gives the answers; no exception leaves it."""

    async def answer(self, request: Request) -> Response:
        """The response to one request."""

    def refuse(self, problem: Problem) -> Response:
        """The response to what is not a request."""


class Worker:
    """What all connections of a process share. A client has `patience` seconds for its headers."""

    def __init__(self, responder: Responder, patience: float) -> None:
        self.answer = responder.answer
        self.refuse = responder.refuse
        self.idle: Timers[Connection] = Timers(patience, Connection.abort)
        self.ending: Timers[Connection] = Timers(ENDING_SECONDS, Connection.abort)

    def make_room(self) -> bool:
        """End the connection that has waited longest for a request, if one does."""
        longest = self.idle.oldest
        if longest is None:
            return False
        self.idle.stop(longest)
        longest.abort()
        return True


class Connection(asyncio.Protocol):
    """Answers one request at a time; uvicorn makes it, and calls what has no underscore."""

    def __init__(
        self,
        config: uvicorn.Config,  # noqa: ARG002
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._worker: Worker = app_state["worker"]
        self._connections = cast("set[Connection]", server_state.connections)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser: RequestParser
        self._answering: asyncio.Task[None] | None = None
        self._is_reading = True
        self._is_writable = True
        self._is_ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        client, *_ = transport.get_extra_info("peername") or ("",)
        self._parser = RequestParser(client, self._ask_for_body)
        is_full = len(self._connections) >= MAX_CONNECTIONS and not self._worker.make_room()
        self._connections.add(self)
        self._worker.idle.start(self)
        if is_full:
            detail = "too many connections"
            self._refuse(unavailable(ProblemCode.OVERLOADED, detail, retry_after=1))

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        self._connections.discard(self)
        self._worker.idle.stop(self)
        self._worker.ending.stop(self)
        self._parser.stop()
        self._parser.end()

    def eof_received(self) -> bool:
        """The client sends no more; as it may still read, what it sent is answered first."""
        self._parser.end()
        return self._answering is not None or not self._is_writable

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        self._go_on()

    def pause_writing(self) -> None:
        self._is_writable = False

    def resume_writing(self) -> None:
        self._is_writable = True
        self._go_on()

    def shutdown(self) -> None:
        """The server ends; a request that is being answered is the last."""
        self._is_ending = True
        if self._answering is None:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def _go_on(self) -> None:
        """Answer the next request, if none is being answered and the client reads."""
        parser = self._parser
        if self._answering is None and self._is_writable:
            if (parsed := parser.take()) is not None:
                self._worker.idle.stop(self)
                self._answering = self._loop.create_task(self._answer(*parsed))
                parser.advance()  # its body, before it asks
            elif parser.refusal is not None:
                self._refuse(parser.refusal)
            elif parser.has_ended:
                self._transport.close()
        self._regulate_reading()

    async def _answer(self, request: Request, keeps_alive: bool) -> None:  # noqa: FBT001
        try:
            response = await self._worker.answer(request)
            says_close = response.headers.get("connection") == "close"
            is_last = says_close or self._is_ending or not keeps_alive
            answer = response_bytes(response, request.method, is_last=is_last)
        except BaseException:  # or the client would wait for ever
            self.abort()
            raise
        self._answering = None
        if not self._transport.is_closing():
            self._send(answer, is_last=is_last)

    def _send(self, answer: bytes, *, is_last: bool) -> None:
        if is_last:
            self._end(answer)
            return
        self._transport.write(answer)
        self._worker.idle.start(self)
        self._go_on()

    def _refuse(self, problem: Problem) -> None:
        self._end(response_bytes(self._worker.refuse(problem), "", is_last=True))

    def _end(self, answer: bytes) -> None:
        """Send the last answer, and wait for the client to hang up."""
        self._parser.stop()
        self._transport.write(answer)
        self._transport.write_eof()
        self._worker.idle.stop(self)
        self._worker.ending.start(self)
        if self._parser.has_ended:
            self._transport.close()
        self._regulate_reading()

    def _ask_for_body(self) -> None:
        if self._parser.expects_continue:
            self._transport.write(CONTINUE)
        self._parser.advance()
        self._regulate_reading()

    def _regulate_reading(self) -> None:
        wants_more = self._parser.wants_more
        is_over = self._parser.has_ended or self._transport.is_closing()
        if wants_more != self._is_reading and not is_over:
            self._is_reading = wants_more
            if wants_more:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()
