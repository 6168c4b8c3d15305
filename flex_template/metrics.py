"""The pipeline's counters and distributions, in the namespace `aegis`.

Dataflow exports them to Cloud Monitoring as `job/user_counter` under these names.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache, partial

from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.runners.runner import PipelineResult

from schemas import ErrorCode

NAMESPACE = "aegis"
EVENTS = "events"
DEAD_LETTERS = "dead_letters"
EDGE_REFUSALS = "edge_refusals"
APPEND_RETRIES = "append_retries"
BUNDLE_ROWS = "bundle_rows"  # of one table
APPEND_ROWS = "append_rows"  # of one request
APPEND_BYTES = "append_bytes"
BYTES_IN_FLIGHT = "bytes_in_flight"  # of the whole process
WAIT_MILLISECONDS = "wait_milliseconds"  # at the end of a bundle
APPEND_MILLISECONDS = "append_milliseconds"  # from a request to its answer
LATENCY_MILLISECONDS = "end_to_end_latency_milliseconds"


def dead_letters_of(code: ErrorCode) -> str:
    """The counter of one error code."""
    return f"{DEAD_LETTERS}_{code.value}"


def edge_refusals_of(code: ErrorCode) -> str:
    """The counter of what the edge refused and quarantined with this code."""
    return f"{EDGE_REFUSALS}_{code.value}"


def count(counts: Mapping[str, int]) -> None:
    """Add what a bundle counted: a counter touched per element costs about 1 us each time."""
    for name, number in counts.items():
        _counter(name).inc(number)


def totals(result: PipelineResult) -> dict[str, int]:
    """Each of our counters over all steps of a finished run."""
    found: Counter[str] = Counter()
    for each in result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]:
        found[each.key.metric.name] += each.committed
    return dict(found)


def record(name: str, value: int) -> None:
    """Add one value to a distribution."""
    _distribution(name).update(value)


_counter = cache(partial(Metrics.counter, NAMESPACE))
_distribution = cache(partial(Metrics.distribution, NAMESPACE))
