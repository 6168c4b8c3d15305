"""The sink over several bundles of one worker."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import grpc
import orjson
import pytest

from flex_template.bigquery.append import MAX_BYTES, AppendEvents
from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.chunks.chunk import Chunk, advance, decoded
from flex_template.dead_letter import Failure
from flex_template.message import serialize
from flex_template.steps import convert_event, parse_message, validate_document
from local.bigquery.write_server import BigQueryWriteServer, refuse, respond, succeed
from tests.flex_template.bigquery.group_commit.appending import FAST
from tests.flex_template.runs import EVENT, EVENTS_TABLE, LIMITS, message

pytestmark = pytest.mark.usefixtures("a_request_each")


@pytest.fixture
def sink(bigquery: BigQueryWriteServer) -> Iterator[AppendEvents]:
    assert bigquery.rows == {}
    sink = AppendEvents(EVENTS_TABLE, FAST)
    sink.setup()
    yield sink
    sink.teardown()


def element(message_id: str, padding: int = 0) -> Chunk:
    """A chunk of one message."""
    given = message(orjson.dumps(EVENT) + b" " * padding, message_id=message_id)
    chunk = decoded([serialize(given)])
    for step in (parse_message, partial(validate_document, limits=LIMITS), convert_event):
        chunk = advance(chunk, step)
    return chunk


def bundle(sink: AppendEvents, *chunks: Chunk) -> list[Failure]:
    """What a bundle of these chunks refuses."""
    sink.start_bundle()
    refused = [failures for each in chunks for failures in sink.process(each)]
    refused += [last.value for last in sink.finish_bundle()]
    return [failure for failures in refused for failure in failures]


def ids(bigquery: BigQueryWriteServer) -> list[str]:
    return [row["message_id"] for row in bigquery.rows.get("events", [])]


def test_a_bundle_ends_only_when_its_rows_are_stored(
    bigquery: BigQueryWriteServer, sink: AppendEvents
) -> None:
    assert bundle(sink, element("1"), element("2")) == []
    assert ids(bigquery) == ["1", "2"]


def test_bundles_share_a_stream(bigquery: BigQueryWriteServer, sink: AppendEvents) -> None:
    for number in range(5):
        bundle(sink, element(str(number)))
    assert (bigquery.streams, bigquery.requests) == (1, 5)


def test_a_refusal_names_the_message_and_the_reason(
    bigquery: BigQueryWriteServer, sink: AppendEvents
) -> None:
    bigquery.faults = [refuse(lambda row: row["message_id"] == "2", "why")]
    (failure,) = bundle(sink, element("1"), element("2"), element("3"))
    assert (failure.message.message_id, failure.errors[0].message) == ("2", "why")
    assert ids(bigquery) == ["1", "3"]


def test_nothing_of_a_failed_bundle_reaches_the_next(
    bigquery: BigQueryWriteServer, sink: AppendEvents
) -> None:
    large = [element(f"failed-{n}", MAX_BYTES) for n in range(3)]
    late = refuse(lambda row: row["message_id"] == "failed-2", "late")
    bigquery.faults = [succeed, respond(grpc.StatusCode.PERMISSION_DENIED, "no"), late]
    with pytest.raises(AppendError):
        bundle(sink, *large, element("failed-3"))
    assert bundle(sink, element("next")) == []
    stored = Counter(ids(bigquery))
    assert stored["next"] == 1
    assert "failed-1" not in stored
    assert max(stored.values()) == 1


def test_a_bundle_interrupted_before_its_end_leaves_nothing_in_the_buffer(
    bigquery: BigQueryWriteServer, sink: AppendEvents
) -> None:
    sink.start_bundle()
    sink.process(element("abandoned"))
    bundle(sink, element("next"))
    assert ids(bigquery) == ["next"]


def test_large_messages_are_sent_before_the_bundle_ends(
    bigquery: BigQueryWriteServer, sink: AppendEvents
) -> None:
    bundle(sink, *(element(str(n), MAX_BYTES // 8) for n in range(8)))
    assert bigquery.requests == 2
    assert ids(bigquery) == [str(n) for n in range(8)]
