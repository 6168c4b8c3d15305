"""The package's pure modules and its fake, run by node."""

import json
import subprocess
import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.clients.javascript.conftest import PACKAGE


def run(node: str, program: str) -> Any:
    """What `program`, the body of an async function over the package's modules, returns."""
    imports = [
        f'import {{ {names} }} from "{(PACKAGE / "src" / path).as_uri()}";'
        for names, path in (
            ("uuid7", "uuid7.js"),
            ("pause", "send/backoff.js"),
            ("checkEndpoint, InvalidEventError, StorageError", "index.js"),
            ("createFakeClient", "fake.js"),
        )
    ]
    lines = [*imports, f"const result = await (async () => {{ {program} }})();"]
    script = "\n".join([*lines, "console.log(JSON.stringify(result ?? null));"])
    command = [node, "--input-type=module", "--eval", script]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_event_ids_are_uuids_version_7(node: str) -> None:
    ids = run(node, "return Array.from({ length: 100 }, () => uuid7(1795000000123));")
    assert len(set(ids)) == 100
    assert {each[14] for each in ids} == {"7"}
    assert {each[19] for each in ids} <= set("89ab")
    assert {int(each.replace("-", "")[:12], 16) for each in ids} == {1_795_000_000_123}


def pauses(node: str, failures: int, retry_after: str | None = None) -> list[float]:
    call = f"pause({failures}, {json.dumps(retry_after)})"
    return run(node, f"return Array.from({{ length: 100 }}, () => {call});")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("failures", "ceiling"),
    [(1, 1_000), (4, 8_000), (9, 256_000), (10, 300_000), (2000, 300_000)],
)
def test_pauses_double_up_to_five_minutes_with_full_jitter(
    node: str, failures: int, ceiling: int
) -> None:
    waits = pauses(node, failures)
    assert 0 <= min(waits) < ceiling / 2 < max(waits) <= ceiling


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("30", 30_000, 31_000), ("soon", 0, 1_000), ("999999999", 3_600_000, 3_601_000)],
)
def test_a_pause_is_never_shorter_than_retry_after(
    node: str, header: str, least: int, most: int
) -> None:
    waits = pauses(node, 1, header)
    assert least <= min(waits) <= max(waits) <= most


def test_retry_after_may_be_a_date(node: str) -> None:
    assert min(pauses(node, 1, formatdate(time.time() + 60, usegmt=True))) > 50_000


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://example.org/v1/events", None),
        ("http://127.0.0.1:8080/v1/events", None),
        ("http://localhost/v1/events", None),
        ("http://[::1]:1/v1/events", None),
        ("", "not_configured"),
        (None, "not_configured"),
        ("example.org", "invalid_endpoint"),
        ("http://example.org/v1/events", "invalid_endpoint"),
        ("http://127.0.0.1.example.org/", "invalid_endpoint"),
        ("https://user:password@example.org/", "invalid_endpoint"),
        ("javascript:alert(1)", "invalid_endpoint"),
    ],
)
def test_a_key_travels_only_to_a_safe_address(
    node: str, address: str | None, code: str | None
) -> None:
    problem = run(node, f"return checkEndpoint({json.dumps(address)});")
    assert (problem and problem["code"]) == code


def test_the_fake_records_what_the_real_one_would_send(node: str) -> None:
    events = run(
        node,
        """const client = createFakeClient({ defaults: { user_id: "u" } });
        await client.record({ signal_type: "page_view", flag_type: undefined });
        return client.events;""",
    )
    assert events[0].keys() == {
        "event_id", "schema_version", "user_id", "timestamp", "source_platform", "signal_type",
    }  # fmt: skip
    assert events[0]["user_id"] == "u"


def test_the_fake_refuses_as_the_server_does(node: str) -> None:
    found = run(
        node,
        """const refusals = [];
        const client = createFakeClient({ onRefused: (refusal) => refusals.push(refusal.eventId) });
        const bad = await client.record({}).catch(({ name, code, path }) => [name, code, path]);
        const id = await client.record({ signal_type: "a" });
        client.refuse(id, [{ code: "timestamp_too_old", path: "/timestamp", message: "" }]);
        const [kept] = await client.refused();
        await client.retry(kept.id, { signal_type: "b" });
        client.failWith(new StorageError("storage_full"));
        const full = await client.record({ signal_type: "c" }).catch(({ code }) => code);
        return { bad, same: refusals[0] === id, full, events: client.events.length,
                 refused: (await client.refused()).length };""",
    )
    assert found == {
        "bad": ["InvalidEventError", "missing_field", "/signal_type"],
        "same": True,
        "full": "storage_full",
        "events": 1,
        "refused": 0,
    }
