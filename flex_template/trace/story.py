"""What became of an event, put together from the three tables."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from google.cloud import bigquery
from google.cloud.bigquery import ArrayQueryParameter

from flex_template.bigquery.client import run_query

MAX_FOUND = 1_000  # a request has up to 500 events, each of which may be there twice
MAX_REPLAYS = 10  # of one event, one after another
_ROWS = """
SELECT event_id, request_id, message_id, received_at, published_at, row_number
FROM (
  SELECT
    event_id, request_id, message_id, received_at, published_at,
    ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY published_at, message_id) AS row_number
  FROM `{events}`
  WHERE event_id IN UNNEST(@lower_ids) OR request_id IN UNNEST(@ids) OR message_id IN UNNEST(@ids)
)
LIMIT {max_found}
"""
_LETTERS = """
SELECT
  dead_letter_id, failed_at, stage, error_code, error_message,
  JSON_VALUE(errors, '$[0].path') AS path, message_id, published_at,
  COALESCE(event_id, JSON_VALUE(SAFE.PARSE_JSON(payload_text), '$.event_id')) AS event_id,
  TO_JSON_STRING(attributes) AS attributes
FROM `{dead_letters}`
WHERE event_id IN UNNEST(@ids)
  OR dead_letter_id IN UNNEST(@ids)
  OR message_id IN UNNEST(@ids)
  OR JSON_VALUE(attributes, '$.request_id') IN UNNEST(@ids)
  OR JSON_VALUE(SAFE.PARSE_JSON(payload_text), '$.event_id') IN UNNEST(@ids)
QUALIFY ROW_NUMBER() OVER (PARTITION BY dead_letter_id, message_id ORDER BY failed_at) = 1
ORDER BY failed_at
LIMIT {max_found}
"""
_REPLAYS = """
SELECT dead_letter_id, replayed_at, run_id, outcome, message_id, error_message, repair
FROM `{replays}`
WHERE dead_letter_id IN UNNEST(@ids)
ORDER BY replayed_at
LIMIT {max_found}
"""


class Tables(NamedTuple):
    """The three tables, each project.dataset.table."""

    events: str
    dead_letters: str
    replays: str


class Moment(NamedTuple):
    """One thing that happened; `at` is None where no table knows when."""

    at: datetime | None
    what: str
    detail: str
    dead_letter_id: str | None = None


def story(client: bigquery.Client, tables: Tables, identifier: str) -> list[Moment]:
    """What is known of an `event_id`, `request_id`, message id or dead letter's id, in order.

    A replay is followed to the message that it published, as often as it takes. Empty if no table
    knows the id.
    """
    search = _Search(client, tables)
    search.follow({identifier})
    return sorted(search.moments, key=_when)


def _when(moment: Moment) -> tuple[bool, str]:
    return moment.at is None, moment.at.isoformat() if moment.at else ""


class _Search:
    def __init__(self, client: bigquery.Client, tables: Tables) -> None:
        self._client = client
        self._names = tables._asdict() | {"max_found": MAX_FOUND}
        self._seen: dict[Moment, None] = {}

    @property
    def moments(self) -> list[Moment]:
        return list(self._seen)

    def follow(self, ids: set[str]) -> None:
        searched: set[str] = set()
        for _ in range(MAX_REPLAYS):
            if not ids:
                return
            self._add(map(_row_moments, self._query(_ROWS, ids)))
            letters = self._query(_LETTERS, ids)
            self._add(map(_letter_moments, letters))
            replays = self._query(_REPLAYS, {letter.dead_letter_id for letter in letters})
            self._add(map(_replay_moments, replays))
            searched |= ids
            ids = {replay.message_id for replay in replays if replay.message_id} - searched

    def _add(self, found: Iterable[list[Moment]]) -> None:
        for moments in found:
            self._seen.update(dict.fromkeys(moments))

    def _query(self, sql: str, ids: set[str]) -> list[Any]:
        lower = sorted({each.lower() for each in ids})
        parameters = (
            ArrayQueryParameter("ids", "STRING", sorted(ids)),
            ArrayQueryParameter("lower_ids", "STRING", lower),
        )
        return list(run_query(self._client, sql.format(**self._names), *parameters))


def _row_moments(row: Any) -> list[Moment]:
    again = "" if row.row_number == 1 else ", again: the deduplicated view hides it"
    return [
        *_arrival(row.received_at, row.request_id, row.published_at, row.message_id),
        Moment(row.published_at, f"stored as a row{again}", f"event {row.event_id}"),
    ]


def _letter_moments(letter: Any) -> list[Moment]:
    attributes = orjson.loads(letter.attributes)
    received = _moment(attributes.get("received_at", ""))
    words = f"{letter.error_code} {letter.path or ''} {letter.error_message}"
    return [
        *_arrival(received, attributes.get("request_id"), letter.published_at, letter.message_id),
        Moment(
            letter.failed_at,
            f"refused, stage {letter.stage}",
            f"{words}; dead letter {letter.dead_letter_id}",
            letter.dead_letter_id,
        ),
    ]


def _arrival(
    received: datetime | None, request: str | None, published: datetime | None, message: str
) -> list[Moment]:
    moments = []
    if received is not None:
        moments.append(Moment(received, "received by the edge", f"request {request or 'unknown'}"))
    if published is not None:
        moments.append(Moment(published, "published", f"message {message}"))
    return moments


def _replay_moments(replay: Any) -> list[Moment]:
    details = [
        f"run {replay.run_id}",
        f"as message {replay.message_id}" if replay.message_id else "",
        f"repaired by {replay.repair}" if replay.repair else "",
        replay.error_message or "",
    ]
    detail = ", ".join(filter(None, details))
    what = f"replay {replay.outcome}"
    return [Moment(replay.replayed_at, what, detail, replay.dead_letter_id)]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
