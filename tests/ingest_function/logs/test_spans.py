"""Spans where an exporter is configured, and a trace context that goes on to the dead letter."""

import subprocess
import sys

import orjson
import pytest

from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE
from flex_template.message import Message
from ingest_function.settings import read_settings
from ingest_function.start import check_start
from local.bigquery.write_server import BigQueryWriteServer
from schemas import DEFAULT_LIMITS, now_micros
from schemas.tracing import exports_spans
from tests.flex_template.runs import run
from tests.ingest_function.events import event
from tests.ingest_function.hosting import serve
from tests.ingest_function.inbox import Inbox
from tests.otlp import collector

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


def test_a_request_is_a_span_of_the_clients_trace(
    environment: dict[str, str], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (url, spans):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        variables = {**environment, "OTEL_EXPORTER_OTLP_ENDPOINT": url}
        with serve(variables) as edge:
            edge.post("/v1/events", json=event(), headers=PARENT)
            edge.get("/somewhere/else")
    first, second = spans
    assert (first.trace_id.hex(), first.parent_span_id.hex()) == (TRACE, SPAN)
    assert (first.name, second.name) == ("POST /v1/events", "GET (unknown)")
    values = {each.key: each.value for each in first.attributes}
    assert values["http.response.status_code"].int_value == 202
    assert values["aegis.accepted"].int_value == 1
    [message] = inbox.messages()
    passed_on = f"00-{TRACE}-{first.span_id.hex()}-01"
    assert message.attributes["googclient_traceparent"] == passed_on


def test_a_collector_that_is_gone_costs_no_answer(
    environment: dict[str, str], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    variables = {**environment, "OTEL_TRACES_EXPORTER": "otlp"}
    with serve(variables) as edge:
        assert edge.post("/v1/events", json=event()).status_code == 202
    assert len(inbox.messages()) == 1


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_opentelemetrys_variables_decide(variables: dict[str, str], expected: bool) -> None:  # noqa: FBT001
    assert exports_spans(variables) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [("OTEL_BSP_MAX_QUEUE_SIZE", "0"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many")],
)
def test_what_opentelemetry_refuses_ends_the_start_with_one_line(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    settings = read_settings({**environment, "OTEL_TRACES_EXPORTER": "otlp"})
    with pytest.raises(SystemExit, match=r"^ingest_function: OpenTelemetry refuses .+$"):
        check_start(settings)


def test_an_edge_without_an_exporter_loads_nothing_of_opentelemetry() -> None:
    code = "import sys, ingest_function.service; print('opentelemetry.sdk' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ended.stdout == b"False\n"


def test_the_trace_context_reaches_the_dead_letter(
    environment: dict[str, str], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(environment) as edge:
        edge.post("/v1/events", json=[event(), {}], headers=PARENT)
    messages = [
        Message(each.data, dict(each.attributes), str(number), now_micros())
        for number, each in enumerate([*inbox.messages(), *inbox.quarantined()])
    ]
    with BigQueryWriteServer() as bigquery:
        monkeypatch.setenv(EMULATOR_VARIABLE, bigquery.host)
        run(messages, limits=DEFAULT_LIMITS)
    assert len(bigquery.rows["events"]) == 1
    [letter] = bigquery.rows["dead_letters"]
    attributes = orjson.loads(letter["attributes"])
    assert attributes["googclient_traceparent"] == PARENT["traceparent"]
