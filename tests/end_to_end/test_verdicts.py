"""Client, micro, edge and pipeline have one verdict on every event: codes, paths and words."""

import shutil

import orjson
import pytest
from hypothesis import Phase, given, settings

from aegis_micro import Micro
from local.pubsub.server import PubSubServer
from tests.clients.javascript.verdicts import ClientVerdicts
from tests.golden.examples import load
from tests.golden.verdicts import (
    NOW,
    edges,
    expected,
    is_unreadable,
    over_http,
    pipeline_verdicts,
)
from tests.machine import missing
from tests.schemas.generated import events, json_values

GENERATED = 200


def corpus() -> list[bytes]:
    """The named examples, and generated documents near the boundary of the contract."""
    found = [golden.data for golden in load()]

    @settings(max_examples=GENERATED, derandomize=True, database=None, phases=[Phase.generate])
    @given(events() | json_values)
    def collect(document: object) -> None:
        found.append(orjson.dumps(document))

    collect()
    return list(dict.fromkeys(found))


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
    differing = {}
    with ClientVerdicts(node) as client, Micro() as micro, edges(pubsub_server, micro) as both:
        for body, verdict, stored in zip(bodies, wanted, pipeline_verdicts(bodies), strict=True):
            unreadable = is_unreadable(verdict)
            said = client.on(body, now=NOW)
            over = [over_http(each, body, readable=not unreadable) for each in both]
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
