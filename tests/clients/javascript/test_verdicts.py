"""The client, the edge and the pipeline give one verdict: same codes, same paths, same words."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings

from schemas import EventError, InvalidEvent, now_micros, parse, validate
from tests.clients.javascript.verdicts import UNREADABLE, ClientVerdicts
from tests.golden.examples import Example, load
from tests.schemas.generated import VALID, events, json_values

NOW = now_micros() // 1000 * 1000


def server_errors(body: bytes, now: int = NOW) -> list[EventError]:
    try:
        validate(parse(body), now=now)
    except InvalidEvent as refusal:
        return list(refusal.errors)
    return []


@pytest.mark.parametrize("golden", load(), ids=lambda golden: golden.reason)
def test_every_golden_example_has_the_servers_verdict(
    client_verdicts: ClientVerdicts, golden: Example
) -> None:
    expected = server_errors(golden.data)
    verdict = client_verdicts.on(golden.data, now=NOW)
    if expected and expected[0].code in UNREADABLE:
        # No value of JavaScript is these bytes, or the client names the place that cannot be sent.
        assert verdict is None or verdict.errors
    else:
        assert verdict is not None
        assert verdict.errors == expected


def nested(levels: int) -> Any:
    document: Any = {}
    for _ in range(levels):
        document = {"event_details": document}
    return document


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
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
