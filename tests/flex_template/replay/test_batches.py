"""How letters are grouped into publish requests."""

from google.pubsub_v1.types import PublishRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from flex_template.replay.letter import Letter
from flex_template.replay.publisher import batches

MAX_REQUEST_BYTES = 10_000_000
TOPIC = "projects/aegis-test/topics/events"
sizes = st.one_of(st.integers(0, 1000), st.sampled_from([4_900_000, 9_500_000]))
attributes = st.dictionaries(st.text(max_size=8), st.text(max_size=64), max_size=4)


@settings(max_examples=50)
@given(st.lists(st.tuples(sizes, attributes), max_size=12), st.integers(1, 5))
def test_every_batch_fits_a_request_and_no_letter_is_lost(
    shapes: list[tuple[int, dict[str, str]]], max_letters: int
) -> None:
    letters = [
        Letter(str(number), b"x" * size, extra, 1, frozenset(), 0)
        for number, (size, extra) in enumerate(shapes)
    ]
    found = list(batches(letters, max_letters))
    assert [letter for batch in found for letter in batch] == letters
    for batch in found:
        assert 1 <= len(batch) <= max_letters
        assert PublishRequest.pb(_request(batch)).ByteSize() <= MAX_REQUEST_BYTES


def test_small_letters_fill_their_batches() -> None:
    letters = [Letter(str(number), b"x", {}, 1, frozenset(), 0) for number in range(25)]
    assert [len(batch) for batch in batches(letters, 10)] == [10, 10, 5]


def _request(batch: list[Letter]) -> PublishRequest:
    messages = [{"data": letter.payload, "attributes": letter.attributes} for letter in batch]
    return PublishRequest(topic=TOPIC, messages=messages)
