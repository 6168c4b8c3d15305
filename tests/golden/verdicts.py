"""What the server's own rules, edge and micro over HTTP, and the pipeline say of the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
import pytest

from aegis_micro import Micro
from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE
from flex_template.message import Message
from local.bigquery.write_server import BigQueryWriteServer
from local.pubsub.server import PubSubServer
from schemas import DEFAULT_LIMITS, InvalidEvent, now_micros, parse, validate
from tests.clients.javascript.verdicts import UNREADABLE
from tests.flex_template.runs import run
from tests.ingest_function.hosting import least_environment, serve
from tests.ingest_function.inbox import Inbox

NOW = now_micros() // 1000 * 1000
JSON = {"Content-Type": "application/json"}
Verdict = list[dict[str, Any]]


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


@contextmanager
def edges(pubsub: PubSubServer, micro: Micro) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Clients of micro and of an edge that publishes to `pubsub`."""
    Inbox(pubsub)
    environment = least_environment(pubsub.host)
    with httpx.Client(base_url=micro.url) as to_micro, serve(environment) as to_edge:
        yield to_micro, to_edge
