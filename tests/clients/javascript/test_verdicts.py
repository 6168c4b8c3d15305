"""The client gives the server's verdict on generated events: same codes, paths and words.

The named examples are in tests/end_to_end/test_verdicts.py, for all programs at once.
"""

from typing import Any

import orjson
from hypothesis import HealthCheck, example, given, settings

from schemas import EventError, InvalidEvent, now_micros, parse, validate
from tests.clients.javascript.verdicts import ClientVerdicts
from tests.schemas.generated import VALID, events, json_values

NOW = now_micros() // 1000 * 1000


def server_errors(body: bytes, now: int = NOW) -> list[EventError]:
    try:
        validate(parse(body), now=now)
    except InvalidEvent as refusal:
        return list(refusal.errors)
    return []


def nested(levels: int) -> Any:
    document: Any = {}
    for _ in range(levels):
        document = {"event_details": document}
    return document


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events() | json_values)
@example({**VALID, "event_details": {"a": [9.999e-06] * 8192}})
@example({**VALID, "event_details": {"__proto__": 1, "a": {"__proto__": {"b": "\0"}}}})
@example({"__proto__": 1, "constructor": 2})
@example(nested(16) | {"flag_type": nested(16)})
@example(nested(17) | {"flag_type": nested(17)})
@example({"\U0001f600": nested(18), "\uff5e": nested(18)})
@example([[nested(16)]])
def test_every_generated_event_has_the_servers_verdict(
    client_verdicts: ClientVerdicts, document: object
) -> None:
    verdict = client_verdicts.on(orjson.dumps(document), now=NOW)
    assert verdict is not None
    assert verdict.errors == server_errors(verdict.sent)
