"""What a replay selects, publishes and records."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from schemas import ErrorCode, now_micros, table_schema
from tests.flex_template.replay.command import ReplayCommand
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse, dead_letter

DAY = 24 * 60 * 60 * 1_000_000


def test_bytes_and_attributes_are_published_exactly(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    awkward = [
        (b"{oops", {"event_id": "e-1", "received_at": "2026-01-01T00:00:00Z"}),
        (b"\xff\xfe\x00\x80", {}),
        (b"", {"only": "attributes"}),
        (b"", {}),
        (b"a\x00b\r\n\x1a", {"k\u00e9y \U0001f600": "v\u00e4lue \"'\\ </script>"}),
        (bytes(range(256)) * 36_000, {"size": "9 MB"}),
    ]
    warehouse.append("dead_letters", [dead_letter(*message) for message in awkward])

    replay()

    ids = {row["dead_letter_id"] for row in warehouse.rows("dead_letters")}
    published = [(message.data, dict(message.attributes)) for message in topic.messages()]
    assert {attributes.pop("replayed_from") for _, attributes in published} == ids
    assert {attributes.pop("replay_attempt") for _, attributes in published} == {"1"}
    assert all(attributes.pop("originally_published_at") for _, attributes in published)
    assert sorted(published, key=repr) == sorted(awkward, key=repr)


def test_a_second_run_replays_nothing(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    warehouse.append("dead_letters", [dead_letter(b"%d" % number) for number in range(20)])
    replay("--batch_size=7")
    replay("--batch_size=7")
    assert sorted(topic.replayed_ids()) == sorted(
        row["dead_letter_id"] for row in warehouse.rows("dead_letters")
    )


def test_each_letter_is_claimed_and_then_recorded_as_published(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    warehouse.append("dead_letters", [dead_letter(b"x")])
    replay()
    claimed, published = sorted(warehouse.rows("replays"), key=lambda row: row["replayed_at"])
    (message,) = topic.messages()
    assert (claimed["outcome"], claimed["message_id"]) == ("claimed", None)
    assert (published["outcome"], published["message_id"]) == ("published", message.message_id)
    assert claimed["run_id"] == published["run_id"]
    assert published["replay_attempt"] == 1


def test_a_dry_run_shows_the_counts_and_changes_nothing(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [ErrorCode.MALFORMED_JSON, ErrorCode.MALFORMED_JSON, ErrorCode.NOT_UTF8]
    warehouse.append("dead_letters", [dead_letter(b"x", code=code) for code in codes])
    with caplog.at_level(logging.INFO):
        replay("--dry_run")
    # Other parts of this process may log meanwhile: the embedded stack's HTTP client does.
    own = [record for record in caplog.records if record.name.startswith("flex_template")]
    assert [record.getMessage().split()[:5] for record in own] == [
        ["stage", "code", "new", "claimed", "truncated"],
        ["decode", "not_utf8", "1", "0", "0"],
        ["parse", "malformed_json", "2", "0", "0"],
        ["0", "of", "3", "would", "become"],
        ["3", "refused:", "malformed_json", "not", "JSON:"],
        ["3", "to", "replay"],
    ]
    assert topic.messages() == []
    assert warehouse.rows("replays") == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--stage=decode"], {b"decode"}),
        (["--error_code=missing_field"], {b"validate"}),
        (["--since={two_days_ago}"], {b"decode", b"validate"}),
        (["--until={two_days_ago}"], {b"old", b"older"}),
        (["--since={four_days_ago}", "--until={two_days_ago}"], {b"old"}),
        (["--limit=2"], {b"older", b"old"}),
        (["--stage=decode", "--error_code=missing_field"], set()),
    ],
)
def test_filters_select(
    warehouse: Warehouse,
    topic: Topic,
    replay: ReplayCommand,
    options: list[str],
    expected: set[bytes],
) -> None:
    now = now_micros() - 1_000_000
    letters = [
        dead_letter(b"decode", code=ErrorCode.NOT_UTF8, failed_at=now),
        dead_letter(b"validate", code=ErrorCode.MISSING_FIELD, failed_at=now - DAY),
        dead_letter(b"old", failed_at=now - 3 * DAY),
        dead_letter(b"older", failed_at=now - 5 * DAY),
    ]
    warehouse.append("dead_letters", letters)
    moments = {"two_days_ago": _days_ago(2), "four_days_ago": _days_ago(4)}
    replay(*(option.format(**moments) for option in options))
    assert {message.data for message in topic.messages()} == expected


def test_a_letter_stored_twice_is_replayed_once(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    warehouse.append("dead_letters", [dead_letter(b"twice", message_id="1")])
    warehouse.append("dead_letters", [dead_letter(b"twice", message_id="1")])
    replay()
    assert [message.data for message in topic.messages()] == [b"twice"]


def test_a_truncated_letter_is_refused_in_so_many_words(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand, caplog: pytest.LogCaptureFixture
) -> None:
    whole, cut = dead_letter(b"whole"), dead_letter(b"cut")
    truncated = [field["name"] for field in table_schema("dead_letters")].index("truncated")
    warehouse.append("dead_letters", [whole, (*cut[:truncated], True, *cut[truncated + 1 :])])
    replay()
    assert [message.data for message in topic.messages()] == [b"whole"]
    assert "1 refused: truncated, the end of their payload is not stored" in caplog.messages


def test_a_replay_that_fails_again_can_be_replayed_and_its_original_is_not(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    warehouse.append("dead_letters", [dead_letter(b"bad", {"event_id": "e"})])
    replay()
    (first,) = topic.messages()
    again = dead_letter(first.data, dict(first.attributes), message_id=first.message_id)
    warehouse.append("dead_letters", [again])
    replay()
    _, second = topic.messages()
    assert second.data == b"bad"
    assert dict(second.attributes) == {
        "event_id": "e",
        "originally_published_at": first.attributes["originally_published_at"],
        "replayed_from": again[0],
        "replay_attempt": "2",
    }


def test_a_missing_table_is_named_in_one_line(warehouse: Warehouse, replay: ReplayCommand) -> None:
    warehouse.client.delete_table(warehouse.replays)
    with pytest.raises(SystemExit, match=rf"table {warehouse.replays} does not exist"):
        replay()


@pytest.mark.parametrize(
    "option",
    [
        "--since=2026-01-01T00:00:00",
        "--until=yesterday",
        "--limit=0",
        "--limit=many",
        "--batch_size=1001",
        "--stage=other",
    ],
)
def test_a_malformed_option_is_refused_with_what_it_takes(
    replay: ReplayCommand, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        replay(option)
    assert ended.value.code == 2
    name, _, _ = option.partition("=")
    [line] = [line for line in capsys.readouterr().err.splitlines() if f"argument {name}" in line]
    assert any(words in line for words in ("example: ", "is more than", "choose from"))


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()
