"""What a message that is published again carries besides its own attributes."""

from collections.abc import Mapping

from flex_template.options import MAX_AGE_DAYS
from schemas import Limits, parse_timestamp

REPLAYED_FROM = "replayed_from"
REPLAY_ATTEMPT = "replay_attempt"
ORIGINALLY_PUBLISHED_AT = "originally_published_at"
_OLDEST = MAX_AGE_DAYS * 24 * 60 * 60 * 1_000_000


def limits_at(limits: Limits, attributes: Mapping[str, str], published_at: int | None) -> Limits:
    """How old an event may be: as old as it might have been when it was first published.

    A letter that waits for its repair does not grow too old meanwhile. Anyone may set attributes,
    so what is no time, in the future or before BigQuery's oldest partition changes nothing.
    Times are in microseconds since the Unix epoch.
    """
    text = attributes.get(ORIGINALLY_PUBLISHED_AT)
    if text is None or published_at is None:
        return limits
    try:
        waited = published_at - parse_timestamp(text)
    except (ValueError, OverflowError):
        return limits
    return limits._replace(max_age=min(limits.max_age + waited, _OLDEST)) if waited > 0 else limits
