"""Every alert's rule in promtool, against series that must and that must not fire it."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from deploy.monitoring.render import render
from deploy.settings import read
from tests.deploy.project import REPOSITORY, environment_text
from tests.machine import require

ALERTS = REPOSITORY / "deploy/monitoring/alerts"
JOB = 'monitored_resource="dataflow_job",job_name="aegis-events"'
EDGE = 'monitored_resource="cloud_run_revision",service_name="aegis-edge"'
SUBSCRIPTION = 'monitored_resource="pubsub_subscription",subscription_id="events-pipeline"'
QUOTA = 'monitored_resource="consumer_quota",service="bigquerystorage.googleapis.com"'


def counter(name: str, job: str = "1") -> str:
    labels = f'{JOB},job_id="{job}",metric_name="{name}"'
    return f"dataflow_googleapis_com:job_user_counter{{{labels}}}"


def requests(code: int) -> str:
    labels = f'{EDGE},response_code="{code}",response_code_class="{code // 100}xx"'
    return f"run_googleapis_com:request_count{{{labels}}}"


def latency(seconds: float) -> str:
    le = f"{seconds * 1000:g}" if seconds else "+Inf"
    return f'run_googleapis_com:request_latencies_bucket{{{EDGE},le="{le}"}}'


REJECTED = f'logging_googleapis_com:user_aegis_edge_rejections{{{EDGE},code="invalid_api_key"}}'
OLDEST = f"pubsub_googleapis_com:subscription_oldest_unacked_message_age{{{SUBSCRIPTION}}}"
LAG = f"dataflow_googleapis_com:job_system_lag{{{JOB}}}"
FAILED = f'dataflow_googleapis_com:job_is_failed{{{JOB},job_id="1"}}'
EXCEEDED = f'serviceruntime_googleapis_com:quota_exceeded{{{QUOTA},quota_metric="append_bytes"}}'


class Case(NamedTuple):
    """Series by the minute, in promtool's notation, and whether the alert fires after `at`."""

    alert: str
    what: str
    series: dict[str, str]
    at: str
    fires: bool


CASES = [
    Case("dead_letter_flood", "a deploy dead-letters everything, from the first message on",
         {counter("dead_letters"): "_x4 40+40x20"}, "8m", fires=True),
    Case("dead_letter_flood", "four in ten are dead letters",
         {counter("dead_letters"): "0+40x30", counter("events"): "0+60x30"}, "25m", fires=False),
    Case("dead_letter_flood", "the only message of the night is a dead letter",
         {counter("dead_letters"): "_x4 1x30"}, "10m", fires=False),
    Case("dead_letter_rate", "a code appears for the first time and passes one per cent",
         {counter("dead_letters_row_refused"): "_x5 60x20", counter("events"): "0+100x30"},
         "12m", fires=True),
    Case("dead_letter_rate", "one code at half a per cent",
         {counter("dead_letters_row_refused"): "0+1x60", counter("events"): "0+200x60"},
         "40m", fires=False),
    Case("dead_letter_rate", "an old job's counter, replaced by a new job's",
         {counter("dead_letters_row_refused"): "5000x10", counter("events", "2"): "_x10 0+100x40"},
         "30m", fires=False),
    Case("internal_error_rate", "one message meets a fault of our own for the first time",
         {counter("dead_letters_internal_error"): "_x5 1x20"}, "7m", fires=True),
    Case("internal_error_rate", "the last fault of our own was an hour ago",
         {counter("dead_letters_internal_error"): "0x5 1x80"}, "65m", fires=False),
    Case("edge_refusal_rate", "a client release sends a field that nobody knows",
         {counter("edge_refusals_unknown_field"): "_x5 60x20", counter("events"): "0+100x30"},
         "12m", fires=True),
    Case("edge_refusal_rate", "one refusal in two hundred events",
         {counter("edge_refusals_unknown_field"): "0+1x60", counter("events"): "0+200x60"},
         "40m", fires=False),
    Case("edge_5xx_rate", "every tenth answer is a 503",
         {requests(202): "0+90x30", requests(503): "0+10x30"}, "15m", fires=True),
    Case("edge_5xx_rate", "one answer in two hundred is a 503",
         {requests(202): "0+199x30", requests(503): "0+1x30"}, "25m", fires=False),
    Case("edge_latency_p99", "one request in twenty takes longer than two seconds",
         {latency(0.5): "0+95x40", latency(2): "0+95x40", latency(0): "0+100x40"},
         "25m", fires=True),
    Case("edge_latency_p99", "all requests take less than half a second",
         {latency(0.5): "0+100x40", latency(2): "0+100x40", latency(0): "0+100x40"},
         "25m", fires=False),
    Case("edge_rejections", "a rotated key locks every third client out",
         {REJECTED: "0+30x40", requests(202): "0+60x40", requests(401): "0+30x40"},
         "25m", fires=True),
    Case("edge_rejections", "one client in a hundred has an old key",
         {REJECTED: "0+1x40", requests(202): "0+99x40", requests(401): "0+1x40"},
         "25m", fires=False),
    Case("no_throughput", "the job was never started",
         {requests(202): "0+100x20"}, "11m", fires=True),
    Case("no_throughput", "the job stops storing",
         {requests(202): "0+100x40", counter("events"): "0+100x10 1000x30"}, "22m", fires=True),
    Case("no_throughput", "rows follow requests",
         {requests(202): "0+100x40", counter("events"): "0+100x40"}, "30m", fires=False),
    Case("no_throughput", "a quiet night",
         {requests(202): "100x40", counter("events"): "100x40"}, "30m", fires=False),
    Case("oldest_unacked_message_age", "nobody reads",
         {OLDEST: "0+60x30"}, "15m", fires=True),
    Case("oldest_unacked_message_age", "messages wait for a minute at most",
         {OLDEST: "60x30"}, "25m", fires=False),
    Case("system_lag", "an element waits for ten minutes", {LAG: "600x20"}, "10m", fires=True),
    Case("system_lag", "one slow minute", {LAG: "1x5 600 1x20"}, "10m", fires=False),
    Case("job_failed", "the job failed", {FAILED: "0x5 1x10"}, "8m", fires=True),
    Case("job_failed", "the job runs", {FAILED: "0x15"}, "8m", fires=False),
    Case("append_quota", "appends are refused for a minute", {EXCEEDED: "_x5 1 _x10"},
         "7m", fires=True),
    Case("append_quota", "no quota was ever passed", {requests(202): "0+1x10"}, "7m", fires=False),
    Case("append_retries", "retries from the first minute on",
         {counter("append_retries"): "_x4 0+20x40"}, "30m", fires=True),
    Case("append_retries", "a retry now and then",
         {counter("append_retries"): "0+1x40"}, "30m", fires=False),
]  # fmt: skip


def policy(name: str, folder: Path) -> dict[str, Any]:
    path = folder / "production.env"
    path.write_text(environment_text())
    return render(ALERTS / f"{name}.json", read(str(path)))


def rule(document: dict[str, Any], name: str) -> dict[str, Any]:
    condition = document["conditions"][0]["conditionPrometheusQueryLanguage"]
    return {"alert": name, "expr": condition["query"], "for": condition["duration"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.what}")
def test_an_alert_fires_when_it_must_and_only_then(case: Case, tmp_path: Path) -> None:
    require("promtool")
    group = {"name": "aegis", "rules": [rule(policy(case.alert, tmp_path), case.alert)]}
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [group]}))
    # promtool compares labels too: the sum over the alert's own series says only whether it fires.
    firing = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})'
    samples = [{"labels": "{}", "value": 1}] if case.fires else []
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in case.series.items()
        ],
        "promql_expr_test": [{"expr": firing, "eval_time": case.at, "exp_samples": samples}],
    }
    unit = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(unit))
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    names = {path.stem for path in ALERTS.glob("*.json")}
    assert {case.alert for case in CASES if case.fires} == names
    assert {case.alert for case in CASES if not case.fires} == names
