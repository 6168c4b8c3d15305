"""One JSON object per line on stdout, in the fields that Cloud Logging understands."""

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import orjson

from ingest_function.logs.lines import Lines
from schemas.tracing import TRACE_ATTRIBUTE

# Not sys.stdout: functions-framework replaces it when LOG_EXECUTION_ID is set.
STDOUT = 1

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}.*")
_TRACEPARENT_LENGTH = 55  # of version 00; a later one may append to it
_CLOUD_TRACE = re.compile(r"([0-9a-fA-F]{32})(?:/.*)?")


def trace_attribute(headers: Mapping[str, str]) -> dict[str, str]:
    """The request's W3C trace context, under the name by which Google's clients pass it on."""
    context = headers.get("traceparent")
    if context is None or not _TRACEPARENT.fullmatch(context):
        return {}
    return {TRACE_ATTRIBUTE: context[:_TRACEPARENT_LENGTH]}


class Severity(IntEnum):
    """Cloud Logging's `LogSeverity`, as far as the edge uses it."""

    INFO = 200
    WARNING = 400
    ERROR = 500


_NAMES = {severity: severity.name for severity in Severity}  # a lookup; `name` is a call


class Log:
    """Writes what is at least as severe as `level`; takes no payload, user id or credential.

    A line that cannot be written is lost: `lost_lines` of the next ones says how many were so far.
    """

    def __init__(self, project: str, level: Severity) -> None:
        self._project = project
        self._level = level
        self._lines = Lines(STDOUT)

    def write(self, severity: Severity, message: str, fields: Mapping[str, Any]) -> None:
        if severity < self._level:
            return
        line = {"severity": _NAMES[severity], "message": message, **fields}
        if self._lines.lost:
            line["lost_lines"] = self._lines.lost
        self._lines.put(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    async def close(self) -> None:
        await self._lines.close()

    def trace(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The fields that join a line to its trace; W3C's header goes before Google's own."""
        if "traceparent" not in headers and "x-cloud-trace-context" not in headers:
            return {}
        if found := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
            trace, span = found.groups()
            fields = {"logging.googleapis.com/spanId": span}
        elif found := _CLOUD_TRACE.fullmatch(headers.get("x-cloud-trace-context", "")):
            trace, fields = found.group(1), {}
        else:
            return {}
        resource = f"projects/{self._project}/traces/{trace.lower()}"
        return {"logging.googleapis.com/trace": resource, **fields}
