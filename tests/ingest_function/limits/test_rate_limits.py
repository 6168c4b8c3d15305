"""A client over its limit is told when to come back; the others are not held up."""

import httpx
import pytest

from ingest_function.limits import buckets as buckets_module
from ingest_function.limits.buckets import Buckets
from ingest_function.limits.rules import Rule, Subject, Unit, parse_rule
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox
from tests.ingest_function.logs.log_lines import log_lines

KEYS = "one:first-key-0123456789,two:second-key-0123456789"
ONE, TWO = {"X-API-Key": "first-key-0123456789"}, {"X-API-Key": "second-key-0123456789"}
RULE = Rule(Subject.KEY, Unit.EVENTS, per_second=2, burst=10)


@pytest.fixture
def limited(start_edge: StartEdge) -> httpx.Client:
    return start_edge(AUTH_MODE="api_key", API_KEYS=KEYS, RATE_LIMITS="key:events:0.01:3")


def send(edge: httpx.Client, headers: dict[str, str], events: int = 1) -> httpx.Response:
    return edge.post("/v1/events", json=[event()] * events, headers=headers)


def test_a_key_over_its_burst_is_refused_and_another_is_not(
    limited: httpx.Client, inbox: Inbox
) -> None:
    statuses = [send(limited, ONE, events=3).status_code, send(limited, ONE).status_code]
    assert statuses == [202, 429]
    assert send(limited, TWO).status_code == 202
    assert len(inbox.messages()) == 4


def test_a_refusal_says_when_to_come_back(limited: httpx.Client) -> None:
    send(limited, ONE, events=5)
    refused = send(limited, ONE)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 300
    assert refused.headers["ratelimit"].startswith('"key-events";r=0;t=')
    assert refused.headers["ratelimit-policy"] == '"key-events";q=3;w=300'


def test_invalid_events_count_too(limited: httpx.Client) -> None:
    limited.post("/v1/events", json=[{}] * 3, headers=ONE)
    assert send(limited, ONE).status_code == 429


def test_the_log_names_the_key_and_the_limit(
    limited: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    send(limited, ONE, events=3)
    [line] = log_lines(capfd)
    send(limited, ONE)
    [refused] = log_lines(capfd)
    assert line["client"] == "one"
    assert (refused["client"], refused["rate_limit"]) == ("one", "key-events")


def test_a_dry_run_only_tells(start_edge: StartEdge, capfd: pytest.CaptureFixture[str]) -> None:
    edge = start_edge(RATE_LIMITS="address:bytes:1:10", RATE_LIMITS_DRY_RUN="true")
    found = []
    for _ in range(2):
        assert send(edge, {}).status_code == 202
        found += [line.get("rate_limit") for line in log_lines(capfd)]
    assert found == [None, "address-bytes"]


def test_the_address_is_the_one_that_the_trusted_proxy_saw(start_edge: StartEdge) -> None:
    edge = start_edge(RATE_LIMITS="address:events:0.01:1", TRUSTED_PROXIES="1")
    forwarded = ["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "9.9.9.9, 2.2.2.2"]
    statuses = [send(edge, {"X-Forwarded-For": each}).status_code for each in forwarded]
    assert statuses == [202, 429, 202]


def test_a_bucket_fills_with_time_up_to_its_burst() -> None:
    buckets = Buckets(RULE)
    buckets.take("a", 16, now=0)
    waits = [buckets.seconds_to_wait("a", now) for now in (0, 1, 3, 3.5)]
    assert waits == [4, 3, 1, 0]
    assert buckets.level("a", now=1000) == 10


def test_the_buckets_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets_module, "MAX_BUCKETS", 2)
    buckets = Buckets(RULE)
    for client in "abac":
        buckets.take(client, 1, now=0)
    assert [buckets.level(client, now=0) for client in "abc"] == [8, 10, 9]


@pytest.mark.parametrize("text", ["key", "key:events:0:1", "key:events:1:0", "ip:events:1:1"])
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        parse_rule(text)
