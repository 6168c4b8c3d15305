"""Client, micro, edge and pipeline have one verdict on every event: codes, paths and words."""

import shutil
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import Phase, given, settings

from aegis_micro import Micro
from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE
from flex_template.message import Message
from local.bigquery.write_server import BigQueryWriteServer
from local.pubsub.server import PubSubServer
from schemas import DEFAULT_LIMITS, InvalidEvent, now_micros, parse, validate
from tests.clients.javascript.verdicts import UNREADABLE, ClientVerdicts
from tests.flex_template.runs import run
from tests.golden.examples import load
from tests.ingest_function.hosting import serve
from tests.ingest_function.inbox import Inbox
from tests.machine import missing
from tests.schemas.generated import events, json_values

GENERATED = 200
NOW = now_micros() // 1000 * 1000
JSON = {"Content-Type": "application/json"}
Verdict = list[dict[str, Any]]


def corpus() -> list[bytes]:
    """The named examples, and generated documents near the boundary of the contract."""
    found = [golden.data for golden in load()]

    @settings(max_examples=GENERATED, derandomize=True, database=None, phases=[Phase.generate])
    @given(events() | json_values)
    def collect(document: object) -> None:
        found.append(orjson.dumps(document))

    collect()
    return list(dict.fromkeys(found))


def expected(body: bytes) -> Verdict:
    try:
        validate(parse(body), now=NOW)
    except InvalidEvent as refusal:
        return [error._asdict() for error in refusal.errors]
    return []


def is_unreadable(verdict: Verdict) -> bool:
    return bool(verdict) and verdict[0]["code"] in UNREADABLE


def over_http(client: httpx.Client, body: bytes, *, readable: bool) -> Any:
    """The errors of a batch of one; of what is not JSON at all, the code."""
    content = b"[" + body + b"]" if readable else body
    answer = client.post("/v1/events", content=content, headers=JSON).json()
    return [error for each in answer.get("rejected", []) for error in each["errors"]] or (
        answer["code"] if "accepted" not in answer else []
    )


def pipeline_verdicts(bodies: list[bytes]) -> list[Verdict]:
    """By position: the errors of the dead letter, or none for a row."""
    messages = [Message(body, {}, str(n), NOW) for n, body in enumerate(bodies)]
    with BigQueryWriteServer() as bigquery, pytest.MonkeyPatch.context() as patch:
        patch.setenv(EMULATOR_VARIABLE, bigquery.host)
        run(messages, limits=DEFAULT_LIMITS)
    rows = {row["message_id"] for row in bigquery.rows["events"]}
    letters = {
        row["message_id"]: orjson.loads(row["errors"]) for row in bigquery.rows["dead_letters"]
    }
    assert len(rows) + len(letters) == len(bodies)
    return [letters.get(str(number), []) for number in range(len(bodies))]


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        missing("not on PATH: node (Debian packages nodejs and npm)")
    return found


def test_all_four_have_the_same_verdict_on_the_whole_corpus(
    node: str, pubsub_server: PubSubServer
) -> None:
    bodies = corpus()
    wanted = [expected(body) for body in bodies]
    assert len([each for each in wanted if each]) > 250
    assert len([each for each in wanted if not each]) > 50
    Inbox(pubsub_server)
    environment = {
        "GCP_PROJECT_ID": "aegis-local",
        "PUB_SUB_TOPIC_ID": "events",
        "PUBSUB_EMULATOR_HOST": pubsub_server.host,
        "AUTH_MODE": "none",
    }
    differing = {}
    with (
        ClientVerdicts(node) as client,
        Micro() as micro,
        httpx.Client(base_url=micro.url) as to_micro,
        serve(environment) as to_edge,
    ):
        for body, verdict, stored in zip(bodies, wanted, pipeline_verdicts(bodies), strict=True):
            unreadable = is_unreadable(verdict)
            said = client.on(body, now=NOW)
            over = [over_http(each, body, readable=not unreadable) for each in (to_micro, to_edge)]
            if unreadable:
                own = verdict if said is None or said.errors else []
                same = over == [verdict[0]["code"]] * 2
            else:
                own = [] if said is None else [error._asdict() for error in said.errors]
                same = said is not None and over == [verdict] * 2
            if not (same and own == verdict == stored):
                differing[body] = (verdict, own, over, stored)
        shown = (len(micro.wait_for_events()), len(micro.wait_for_refused()))
    assert differing == {}
    assert shown == (wanted.count([]), len(bodies) - wanted.count([]))
