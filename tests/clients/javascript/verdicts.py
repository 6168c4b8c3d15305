"""The JavaScript client's verdicts, from one node process that stays up."""

import base64
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from schemas import ErrorCode, EventError

SCRIPT = Path(__file__).with_name("verdicts.mjs")
# What no value of JavaScript can be, or not with the same words.
UNREADABLE = {
    ErrorCode.EMPTY_PAYLOAD,
    ErrorCode.NOT_UTF8,
    ErrorCode.MALFORMED_JSON,
    ErrorCode.TOO_MANY_VALUES,  # the client counts bytes alone, of which these have too many
}


class ClientVerdict(NamedTuple):
    """What the client finds wrong, and the text that it would send."""

    errors: list[EventError]
    sent: bytes


class ClientVerdicts:
    """Asks `verdicts.mjs`, a line for a line."""

    def __init__(self, node: str) -> None:
        self._command = [node, str(SCRIPT)]
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def on(self, body: bytes, *, now: int) -> ClientVerdict | None:
        """The verdict on the value that `body` stands for; None if JavaScript has no such value.

        `now` is in microseconds since the Unix epoch.
        """
        question = {"now": now // 1000, "body": base64.b64encode(body).decode()}
        answer = self._ask(json.dumps(question))
        if answer is None:
            return None
        errors = [EventError(**error) for error in answer["errors"]]
        return ClientVerdict(errors, answer["sent"].encode(errors="surrogatepass"))

    def _ask(self, line: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
