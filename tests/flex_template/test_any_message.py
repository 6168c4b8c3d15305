"""Whatever a message holds, it becomes exactly one row or one dead letter with its exact bytes."""

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_template.message import Message
from flex_template.steps import convert_event, parse_message, validate_document
from local.bigquery.write_server import BigQueryWriteServer
from schemas import InvalidEvent
from tests.flex_template.runs import EVENT, LIMITS, PUBLISHED, run
from tests.schemas.generated import events, json_values

RUNS = 25
MESSAGES = 80
VALID = json.dumps(EVENT).encode()

_any_character = st.text(st.characters(), max_size=8)  # lone surrogates too
_documents = json_values | events() | _any_character | st.dictionaries(_any_character, json_values)
_payloads = st.one_of(
    st.binary(max_size=100),
    _documents.map(lambda value: json.dumps(value).encode()),
    st.integers(0, len(VALID)).map(lambda end: VALID[:end]),
    st.builds(lambda at, byte: VALID[:at] + byte + VALID[at:], st.integers(0, 300), st.binary()),
    st.just(VALID),
)
_hostile = st.sampled_from(
    [
        "",
        "-1",
        "9" * 400,
        "\u0662\u0660",
        "2026-11-18T11:06:39Z",
        "2026-W47-3T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999-23:59",
    ]
)
_names = st.sampled_from(["received_at", "replay_attempt", "event_id", "schema_version"])
_attributes = st.dictionaries(
    _names | st.text(max_size=5), _hostile | st.text(max_size=5), max_size=3
)
_batches = st.lists(st.tuples(_payloads, _attributes), min_size=MESSAGES, max_size=MESSAGES)


def code_of(message: Message) -> str | None:
    """The first error of the steps, taken one by one; None for an event."""
    try:
        event = validate_document(message, parse_message(message, message.data), LIMITS)
        convert_event(message, event)
    except InvalidEvent as error:
        return error.errors[0].code.value
    return None


@pytest.mark.slow
@settings(max_examples=RUNS, suppress_health_check=list(HealthCheck))
@given(_batches)
def test_every_message_becomes_one_row_or_one_dead_letter(
    bigquery: BigQueryWriteServer, batch: list[tuple[bytes, dict[str, str]]]
) -> None:
    bigquery.rows.clear()
    messages = [
        Message(data, attributes, str(number), PUBLISHED)
        for number, (data, attributes) in enumerate(batch)
    ]

    run(messages)

    rows = [(row["message_id"], None, None) for row in bigquery.rows.get("events", [])]
    letters = [
        (row["message_id"], row["error_code"], row["payload"])
        for row in bigquery.rows.get("dead_letters", [])
    ]
    codes = [(message, code_of(message)) for message in messages]
    assert Counter(rows + letters) == Counter(
        (message.message_id, code, message.data if code else None) for message, code in codes
    )
