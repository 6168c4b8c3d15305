"""What a message that is published again carries, and how old its event may be."""

from collections.abc import Mapping

from flex_template.command_line import MAX_AGE_DAYS
from schemas import Limits, parse_timestamp

REPLAYED_FROM = "replayed_from"
REPLAY_ATTEMPT = "replay_attempt"
ORIGINALLY_PUBLISHED_AT = "originally_published_at"
_OLDEST = MAX_AGE_DAYS * 24 * 60 * 60 * 1_000_000
_BEGINNING = -(2**63)  # earlier than any time in microseconds
# The edge answers within seconds; an hour allows for clocks that differ.
_LONGEST_REQUEST = 60 * 60 * 1_000_000


def limits_at(limits: Limits, attributes: Mapping[str, str], published_at: int | None) -> Limits:
    """How old an event may be: as old as it might have been when the edge received it.

    What the edge accepted near the limit is not refused seconds later, and a letter that waits for
    its repair does not grow too old meanwhile. Anyone may set attributes, so what is not a time, in
    the future or before BigQuery's oldest partition changes nothing. Times are in microseconds
    since the Unix epoch.
    """
    if published_at is None:
        return limits
    first = _earlier(attributes.get(ORIGINALLY_PUBLISHED_AT), published_at, _BEGINNING)
    first = _earlier(attributes.get("received_at"), first, first - _LONGEST_REQUEST)
    waited = published_at - first
    return limits._replace(max_age=min(limits.max_age + waited, _OLDEST)) if waited else limits


def _earlier(text: str | None, latest: int, earliest: int) -> int:
    """The time in `text` if it lies between the two, else `latest`."""
    if text is None:
        return latest
    try:
        time = parse_timestamp(text)
    except (ValueError, OverflowError):
        return latest
    return time if earliest <= time <= latest else latest
