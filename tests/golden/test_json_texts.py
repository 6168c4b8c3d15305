"""Hostile JSON and naughty texts: one verdict of edge, micro and pipeline, and never a 500."""

from datetime import UTC, datetime

import pytest

from aegis_micro import Micro
from local.pubsub.server import PubSubServer
from schemas import InvalidEvent, parse
from tests.golden.json_texts import INVALID, VALID, in_details, naughty_events
from tests.golden.verdicts import (
    edges,
    expected,
    is_unreadable,
    over_http,
    pipeline_verdicts,
)

NOW = datetime.now(UTC).isoformat()


@pytest.mark.parametrize(("texts", "are_json"), [(VALID, True), (INVALID, False)])
def test_json_is_read_as_its_standard_has_it(texts: tuple[bytes, ...], are_json: bool) -> None:  # noqa: FBT001
    wrong = [text for text in texts if is_json(text) is not are_json]
    assert wrong == []


def is_json(text: bytes) -> bool:
    try:
        parse(text)
    except InvalidEvent as refusal:
        return not is_unreadable([error._asdict() for error in refusal.errors])
    return True


def test_edge_micro_and_pipeline_have_one_verdict_on_hostile_texts(
    pubsub_server: PubSubServer,
) -> None:
    texts = [*VALID, *INVALID]
    bodies = [*texts, *(in_details(text, NOW) for text in texts), *naughty_events(NOW)]
    bodies = list(dict.fromkeys(body for body in bodies if not body.strip().startswith(b"[")))
    differing = {}
    with Micro() as micro, edges(pubsub_server, micro) as both:
        for body, stored in zip(bodies, pipeline_verdicts(bodies), strict=True):
            verdict = expected(body)
            unreadable = is_unreadable(verdict)
            told = [over_http(each, body, readable=not unreadable) for each in both]
            wanted = verdict[0]["code"] if unreadable else verdict
            if told != [wanted] * 2 or stored != verdict:
                differing[body] = (verdict, told, stored)
    assert differing == {}
