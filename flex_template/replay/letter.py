"""A dead letter to publish again, and what its message will carry."""

from datetime import UTC, datetime
from typing import NamedTuple

from flex_template.replayed import ORIGINALLY_PUBLISHED_AT, REPLAY_ATTEMPT, REPLAYED_FROM
from schemas.quarantine import without_quarantine

# https://cloud.google.com/pubsub/quotas#resource_limits
MAX_ATTRIBUTES = 100
# Read by the pipeline or by people; the first to be kept where there are too many.
_FIRST = ("event_id", "schema_version", "received_at", "request_id", ORIGINALLY_PUBLISHED_AT)


class Letter(NamedTuple):
    """A dead letter as selected.

    `known_runs` had claimed it by then, and `published_at` (microseconds since the Unix epoch) is
    when its message was published, or failed where it was read from a file.
    """

    dead_letter_id: str
    payload: bytes
    original_attributes: dict[str, str]
    replay_attempt: int
    known_runs: frozenset[str]
    published_at: int

    @property
    def attributes(self) -> dict[str, str]:
        """Those of the message to publish, at most 100.

        What marks a quarantined message goes. Where the original has no room for what a replay
        adds, its last attributes by name go too: the pipeline reads none of those, and the letter
        keeps them.
        """
        ours = {REPLAYED_FROM: self.dead_letter_id, REPLAY_ATTEMPT: str(self.replay_attempt)}
        published = datetime.fromtimestamp(self.published_at / 1_000_000, UTC).isoformat()
        original = {ORIGINALLY_PUBLISHED_AT: published}
        original |= without_quarantine(self.original_attributes)
        others = sorted((original.keys() - ours.keys()) - set(_FIRST))
        kept = [name for name in (*_FIRST, *others) if name in original]
        room = MAX_ATTRIBUTES - len(ours)
        return {name: original[name] for name in kept[:room]} | ours
