"""The dashboard and the alerts: Google's own types take them, and their metrics exist."""

import json
import re
from pathlib import Path

import pytest
from google.cloud.monitoring_dashboard_v1 import Dashboard
from google.cloud.monitoring_v3 import AlertPolicy
from google.protobuf.json_format import ParseDict

from flex_template import metrics
from schemas import ErrorCode
from tests.deploy.project import REPOSITORY

MONITORING = REPOSITORY / "deploy" / "monitoring"
DASHBOARD = MONITORING / "dashboard.json"
ALERTS = sorted((MONITORING / "alerts").glob("*.json"))
# By the page of Google's documentation that lists them.
DOCUMENTED = {
    "Google Cloud metrics: D through H, dataflow": {
        "dataflow.googleapis.com/job/current_num_vcpus",
        "dataflow.googleapis.com/job/is_failed",
        "dataflow.googleapis.com/job/system_lag",
        "dataflow.googleapis.com/job/user_counter",
    },
    "Google Cloud metrics: P through Z, pubsub": {
        "pubsub.googleapis.com/subscription/num_undelivered_messages",
        "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
    },
    "Google Cloud metrics: P through Z, run": {
        "run.googleapis.com/request_count",
        "run.googleapis.com/request_latencies",
    },
    "Google Cloud metrics: P through Z, serviceruntime": {
        "serviceruntime.googleapis.com/quota/exceeded",
    },
    "Log-based metrics: made by deploy/monitoring/rejections.json": {
        "logging.googleapis.com/user/aegis_edge_rejections",
    },
}
COUNTERS = {
    metrics.EVENTS,
    metrics.DEAD_LETTERS,
    metrics.APPEND_RETRIES,
    *(metrics.dead_letters_of(code) for code in ErrorCode),
    *(metrics.edge_refusals_of(code) for code in ErrorCode),
}
DISTRIBUTIONS = {
    metrics.BUNDLE_ROWS,
    metrics.APPEND_ROWS,
    metrics.APPEND_BYTES,
    metrics.BYTES_IN_FLIGHT,
    metrics.WAIT_MILLISECONDS,
    metrics.APPEND_MILLISECONDS,
    metrics.LATENCY_MILLISECONDS,
}
# "Monitoring metrics for custom metrics": Dataflow reports a distribution as four counters.
EXPORTED = COUNTERS | {
    f"{name}_{part}" for name in DISTRIBUTIONS for part in ("COUNT", "MAX", "MEAN", "MIN")
}


def in_promql(metric_type: str) -> str:
    """As in "Mapping Cloud Monitoring metrics to PromQL": a colon for the first slash, then _."""
    domain, _, path = metric_type.partition("/")
    return re.sub(r"\W", "_", domain) + ":" + re.sub(r"\W", "_", path)


def metric_types(text: str) -> set[str]:
    """The metrics that a filter or a PromQL query names, by their types."""
    known = {in_promql(name): name for names in DOCUMENTED.values() for name in names}
    queried = re.findall(r"\w+_googleapis_com:\w+", text)
    filtered = re.findall(r'metric\.type = \\"([^"\\]+)', text)
    return {known.get(name.removesuffix("_bucket"), name) for name in queried} | set(filtered)


def counter_selectors(text: str) -> set[str]:
    """The alternatives of every `metric_name` matcher in a file's PromQL."""
    found = re.findall(r'metric_name=~?\\"([^"\\]+)\\"', text)
    return {alternative for pattern in found for alternative in pattern.split("|")}


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_an_alert_policy_is_one_to_google_and_links_its_runbook_entry(path: Path) -> None:
    policy = AlertPolicy.wrap(ParseDict(json.loads(path.read_text()), AlertPolicy.pb()()))
    assert policy.documentation.content.endswith(f"docs/runbook.md#{path.stem}")
    assert policy.severity
    assert policy.combiner
    assert len(policy.conditions) == 1


def test_the_alerts_cover_delay_dead_letters_edge_lag_and_throughput() -> None:
    assert {path.stem for path in ALERTS} == {
        "append_quota",
        "append_retries",
        "dead_letter_flood",
        "dead_letter_rate",
        "edge_5xx_rate",
        "edge_latency_p99",
        "edge_refusal_rate",
        "edge_rejections",
        "internal_error_rate",
        "job_failed",
        "no_throughput",
        "oldest_unacked_message_age",
        "system_lag",
    }


def test_the_dashboard_is_one_to_google_and_its_tiles_do_not_overlap() -> None:
    message = ParseDict(json.loads(DASHBOARD.read_text()), Dashboard.pb()())
    layout = Dashboard.wrap(message).mosaic_layout
    cells = [
        (tile.x_pos + column, tile.y_pos + row)
        for tile in layout.tiles
        for column in range(tile.width)
        for row in range(tile.height)
    ]
    assert len(layout.tiles) >= 8
    assert len(cells) == len(set(cells))
    assert max(column for column, _ in cells) < layout.columns


@pytest.mark.parametrize("path", [DASHBOARD, *ALERTS], ids=lambda path: path.stem)
def test_every_metric_named_is_documented_by_google_or_emitted_by_the_pipeline(path: Path) -> None:
    text = path.read_text()
    assert metric_types(text)
    assert metric_types(text) <= set().union(*DOCUMENTED.values())
    for selector in counter_selectors(text):
        assert any(re.fullmatch(selector, name) for name in EXPORTED), selector


def test_every_metric_is_watched_or_shown_or_explained() -> None:
    shown = set().union(*(counter_selectors(path.read_text()) for path in (DASHBOARD, *ALERTS)))
    pages = (REPOSITORY / "docs/runbook.md", REPOSITORY / "docs/performance.md")
    explained = "\n".join(page.read_text() for page in pages)
    unseen = [
        name
        for constant, name in vars(metrics).items()
        if constant.isupper() and constant != "NAMESPACE"
        if not re.search(rf"`{name}(_[A-Z]+)?`", explained)
        if not any(re.match(rf"{name}(_|$)", selector) for selector in shown)
    ]
    assert unseen == []


def test_the_dead_letter_alert_watches_every_error_code() -> None:
    text = (MONITORING / "alerts" / "dead_letter_rate.json").read_text()
    selectors = counter_selectors(text)
    for code in ErrorCode:
        name = metrics.dead_letters_of(code)
        assert any(re.fullmatch(selector, name) for selector in selectors), code


def test_the_flood_alert_compares_dead_letters_with_all_messages() -> None:
    text = (MONITORING / "alerts" / "dead_letter_flood.json").read_text()
    part, whole = dict.fromkeys(re.findall(r'metric_name=~?\\"([^"\\]+)\\"', text))
    assert part == metrics.DEAD_LETTERS
    assert set(whole.split("|")) == {metrics.EVENTS, metrics.DEAD_LETTERS}
    assert json.loads(text)["severity"] == "CRITICAL"
