"""What a replayed message carries."""

from hypothesis import given
from hypothesis import strategies as st

from flex_template.replay.letter import Letter
from schemas import ErrorCode, EventError
from schemas.quarantine import is_quarantined, quarantine_attributes

names = st.text(min_size=1, max_size=8)


def letter(attributes: dict[str, str]) -> Letter:
    return Letter("id", b"x", attributes, 2, frozenset(), 1_000_000)


@given(st.dictionaries(names, names, max_size=97))
def test_attributes_that_fit_are_all_kept(original: dict[str, str]) -> None:
    assert original.items() <= letter(original).attributes.items()


@given(st.dictionaries(names, names, min_size=98, max_size=100))
def test_a_full_message_still_replays_with_what_the_pipeline_reads(
    original: dict[str, str],
) -> None:
    known = {"event_id": "e", "schema_version": "1", "received_at": "r", "request_id": "q"}
    found = letter(original | known).attributes
    assert len(found) == 100
    assert known.items() <= found.items()
    assert (found["replayed_from"], found["replay_attempt"]) == ("id", "2")


def test_a_letter_replayed_before_keeps_its_first_publication() -> None:
    first = letter({}).attributes
    again = letter(first)._replace(published_at=2_000_000)
    assert first["originally_published_at"] == "1970-01-01T00:00:01+00:00"
    assert again.attributes["originally_published_at"] == first["originally_published_at"]


def test_a_quarantined_letter_loses_its_mark() -> None:
    marks = quarantine_attributes([EventError(ErrorCode.WRONG_TYPE, "/x", "wrong")])
    found = letter({"request_id": "r"} | marks).attributes
    assert not is_quarantined(found)
    assert found.keys() == {
        "request_id",
        "replayed_from",
        "replay_attempt",
        "originally_published_at",
    }
