"""The whole pipeline over given messages, in this process, into a test's BigQuery."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult

from flex_template import metrics
from flex_template.dead_letter import Origin
from flex_template.message import Message, serialize
from flex_template.options import parse
from flex_template.pipeline import build
from flex_template.sinks import sinks
from schemas import Limits

PUBLISHED = 1_795_000_000_000_000  # 2026-11-18T11:06:40Z
LIMITS = Limits.of_days(3650)
EVENTS_TABLE = "aegis-test.aegis.events"
DEAD_LETTERS_TABLE = "aegis-test.aegis.dead_letters"
ORIGIN = Origin("projects/aegis-test/subscriptions/events-pipeline", EVENTS_TABLE, "job-1")
# Those of a job that reads a subscription.
SUBSCRIPTION_OPTIONS = [
    "--input_subscription=projects/aegis-test/subscriptions/events-pipeline",
    f"--events_table={EVENTS_TABLE}",
    f"--dead_letter_table={DEAD_LETTERS_TABLE}",
    "--max_event_age_days=30",
]

EVENT = {
    "event_id": "0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b35",
    "schema_version": 1,
    "user_id": "user-1",
    "timestamp": "2026-11-01T12:00:00.123456+01:00",
    "signal_type": "page_view",
    "source_platform": "chrome_extension",
    "flag_type": "doom_scrolling",
    "confidence": 0.87,
    "topic_category": "news",
    "event_details": {"dwell_ms": 5120},
}


def message(
    data: bytes, attributes: dict[str, str] | None = None, message_id: str = "1"
) -> Message:
    return Message(data, attributes or {}, message_id, PUBLISHED)


def numbered(payloads: Iterable[bytes]) -> list[Message]:
    """Messages whose ids count from 0."""
    return [message(data, message_id=str(number)) for number, data in enumerate(payloads)]


def run(messages: Sequence[Message], *options: str, limits: Limits = LIMITS) -> PipelineResult:
    """Run all messages as a batch, with the sinks that the options name, and wait for the end."""
    tables = (f"--events_table={EVENTS_TABLE}", f"--dead_letter_table={DEAD_LETTERS_TABLE}")
    parsed, _ = parse(["--input_files=none", *tables, *options], {})
    source = beam.Create(list(map(serialize, messages)), reshuffle=False)
    pipeline = beam.Pipeline("FnApiRunner", options=PipelineOptions([]))
    build(pipeline, source, sinks(parsed), ORIGIN, limits)
    result = pipeline.run()
    result.wait_until_finish()
    return result


def counters(result: PipelineResult) -> dict[str, int]:
    """Our counters by name, over all steps."""
    return {name: sum(values) for name, values in _committed(result, "counters").items()}


def distributions(result: PipelineResult) -> dict[str, list[Any]]:
    """Our distributions by name, one for each step, the largest first."""
    found = _committed(result, "distributions")
    return {name: sorted(each, key=lambda one: -one.sum) for name, each in found.items()}


def _committed(result: PipelineResult, kind: str) -> dict[str, list[Any]]:
    found = defaultdict(list)
    for each in result.metrics().query(MetricsFilter().with_namespace(metrics.NAMESPACE))[kind]:
        found[each.key.metric.name].append(each.committed)
    return found
