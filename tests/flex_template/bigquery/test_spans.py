"""A span for each bundle where an exporter is configured, and nothing of it where none is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import orjson
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from flex_template.bigquery import spans
from flex_template.bigquery.spans import MAX_LINKS
from flex_template.message import Message
from local.bigquery.write_server import BigQueryWriteServer, refuse, respond
from schemas.tracing import TRACE_ATTRIBUTE
from tests.flex_template.runs import EVENT, message, run
from tests.machine import ROOT
from tests.otlp import collector

GONE = "http://127.0.0.1:9"
ONE_RUN = """
import sys, orjson
from tests.flex_template.runs import EVENT, numbered, run
run(numbered([orjson.dumps(EVENT)]))
print("opentelemetry.sdk" in sys.modules)
"""


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The spans that reached a collector."""
    with collector() as (url, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        spans._provider.cache_clear()
        yield received
        spans.provider().shutdown()
        spans._provider.cache_clear()


def traced(number: int, data: bytes, *, sampled: bool = True) -> Message:
    """A message of trace and span `number`."""
    text = f"00-{number:032x}-{number:016x}-0{sampled:d}"
    return message(data, {TRACE_ATTRIBUTE: text}, str(number))


def numbers(span: Any) -> dict[str, int]:
    return {each.key: each.value.int_value for each in span.attributes}


def test_a_bundle_of_one_trace_is_a_part_of_it(
    bigquery: BigQueryWriteServer, collected: list[Any]
) -> None:
    bigquery.faults = [refuse(lambda row: row["message_id"] == "2", "why")]
    event = orjson.dumps(EVENT)
    unsampled = traced(3, event, sampled=False)
    run([traced(7, event), message(event, message_id="2"), traced(7, b"no JSON"), unsampled])
    spans.provider().force_flush()
    [span] = collected
    assert (span.name, span.links[:]) == ("append events", [])
    assert int(span.trace_id.hex(), 16) == int(span.parent_span_id.hex(), 16) == 7
    assert span.end_time_unix_nano > span.start_time_unix_nano > 0
    assert numbers(span) == {"messaging.batch.message_count": 4, "aegis.stored": 2}
    assert span.status.code == Status.STATUS_CODE_UNSET


def test_a_bundle_of_many_traces_links_to_some_of_them(
    bigquery: BigQueryWriteServer, collected: list[Any]
) -> None:
    event = orjson.dumps(EVENT)
    forged = message(event, {TRACE_ATTRIBUTE: "00-" + "0" * 32 + "-" + "0" * 16 + "-01" * 9000})
    run([forged, *(traced(number, event) for number in range(1, 100))])
    spans.provider().force_flush()
    [span] = collected
    assert span.parent_span_id == b""
    linked = {int(link.trace_id.hex(), 16) for link in span.links}
    assert len(span.links) == len(linked) == MAX_LINKS
    assert linked < set(range(1, 100))
    assert numbers(span)["aegis.stored"] == len(bigquery.rows["events"]) == 100


def test_a_bundle_that_fails_is_an_error_without_bigquerys_words(
    bigquery: BigQueryWriteServer, collected: list[Any]
) -> None:
    bigquery.faults = [respond(grpc.StatusCode.NOT_FOUND, "user-1's table")]
    with pytest.raises(RuntimeError):
        run([traced(7, orjson.dumps(EVENT))])
    spans.provider().force_flush()
    [span] = collected
    assert span.status == Status(code=Status.STATUS_CODE_ERROR)
    assert numbers(span) == {"messaging.batch.message_count": 1}
    assert b"user-1" not in span.SerializeToString()


@pytest.mark.parametrize(
    ("variables", "loaded"), [({}, "False"), ({"OTEL_EXPORTER_OTLP_ENDPOINT": GONE}, "True")]
)
def test_bundles_need_no_collector_and_without_one_no_opentelemetry(
    bigquery: BigQueryWriteServer, variables: dict[str, str], loaded: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ONE_RUN],
        env={**os.environ, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == [loaded]
    assert len(bigquery.rows["events"]) == 1
