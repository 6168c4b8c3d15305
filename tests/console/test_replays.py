"""Groups and replays beyond one page: every letter is shown once, and published once."""

import re
import threading
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from console.warehouse import PAGE_ROWS
from local.pubsub.server import PubSubServer
from schemas import ErrorCode
from tests.console.letters import refused
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse

LETTERS = 1_200  # three batches of a replay
GROUP = "/dead-letters/group?stage=edge&error_code=wrong_type&path=/confidence"
RUN_SECONDS = 60


@pytest.fixture
def many(warehouse: Warehouse) -> Warehouse:
    rows = [refused("confidence", "0.9", ErrorCode.WRONG_TYPE, n) for n in range(LETTERS)]
    warehouse.append("dead_letters", rows)
    return warehouse


def replay(client: FlaskClient) -> str:
    """Start a replay of the whole group; returns where it shows its progress."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(GROUP).text)
    assert token is not None
    form = {"stage": "edge", "error_code": "wrong_type", "path": "/confidence"}
    form |= {"repair": ".confidence |= tonumber", "total": str(LETTERS), "csrf_token": token[1]}
    return client.post("/replays", data=form).headers["Location"]


def progress(client: FlaskClient, run: str) -> list[int]:
    """Each count of published letters that the page shows, until it says that it has finished."""
    seen: list[int] = []
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        page = client.get(run).text
        shown = re.search(r"</progress> ([\d,]+) of", page)
        assert shown is not None
        seen.append(int(shown[1].replace(",", "")))
        if "Finished." in page:
            break
    return seen


def test_a_group_is_read_page_by_page(client: FlaskClient, many: Warehouse) -> None:
    ids: list[str] = []
    path: str | None = GROUP + "&hours=24"
    pages = 0
    while path:
        page = client.get(path).text
        ids += re.findall(r'name="dead_letter_id" value="(\w+)"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1].replace("&amp;", "&") if older else None
        pages += 1
    assert pages == LETTERS / PAGE_ROWS
    assert sorted(ids) == sorted(row["dead_letter_id"] for row in many.rows("dead_letters"))


@pytest.mark.parametrize("place", ["yesterday", "2026-11-30T10:00:00", ""])
def test_a_place_that_is_none_shows_the_newest(
    client: FlaskClient, filled: Warehouse, place: str
) -> None:
    assert filled
    page = client.get(f"{GROUP}&before={place}")
    assert (page.status_code, "The newest" in page.text) == (200, True)


@pytest.mark.usefixtures("many")
def test_a_big_replay_shows_its_progress(
    client: FlaskClient, topic: Topic, pubsub_server: PubSubServer
) -> None:
    pubsub_server.faults.delay("Publish", 0.7)
    seen = progress(client, replay(client))
    assert seen == sorted(seen)
    assert set(seen) >= {500, LETTERS}
    assert len(set(topic.replayed_ids())) == len(topic.replayed_ids()) == LETTERS


@pytest.mark.usefixtures("many")
def test_two_operators_at_once_publish_each_letter_once(app: Flask, topic: Topic) -> None:
    start = threading.Barrier(2)

    def operate() -> None:
        client = app.test_client()
        start.wait()
        progress(client, replay(client))

    operators = [threading.Thread(target=operate) for _ in range(2)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join()
    published = topic.replayed_ids()
    assert len(published) == len(set(published))  # where both yield, a letter waits for the next
    client = app.test_client()
    progress(client, replay(client))
    assert len(topic.replayed_ids()) == len(set(topic.replayed_ids())) == LETTERS
