"""The rows that are about one user."""

import logging
from collections.abc import Sequence
from functools import reduce

from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

from flex_template.bigquery.client import run_query
from flex_template.erase.user_id_forms import hex_pattern, json_needles, stored_ids
from schemas.quarantine import MARKS

logger = logging.getLogger(__name__)

_EVENTS = "FROM `{table}` WHERE user_id IN UNNEST(@user_ids)"
# An id such as "me" stands in the words of many an error, which are the edge's and no user's. One
# path at a time: the emulator's function takes no more.
_CLIENTS = reduce(lambda inner, name: f"JSON_REMOVE({inner}, '$.{name}')", MARKS, "attributes")
# In hex any payload is text, two digits to a byte.
_DEAD_LETTERS = f"""
FROM `{{table}}`
WHERE COALESCE(
    JSON_VALUE(SAFE.PARSE_JSON(payload_text), '$.user_id') IN UNNEST(@user_ids),
    REGEXP_CONTAINS(TO_HEX(payload), @pattern)
  )
  OR EXISTS (
    SELECT 1 FROM UNNEST(@needles) AS needle
    WHERE STRPOS(TO_JSON_STRING({_CLIENTS}), needle) > 0
  )
"""  # noqa: S608 - our own names


class UserRows:
    """The rows of one table that are about the user."""

    def __init__(
        self, client: bigquery.Client, table: str, condition: str, user_ids: Sequence[str]
    ) -> None:
        self.table = table
        self._client = client
        self._from = condition.format(table=table)
        self._parameters = (
            ArrayQueryParameter("user_ids", "STRING", user_ids),
            ScalarQueryParameter("pattern", "STRING", hex_pattern(user_ids)),
            ArrayQueryParameter("needles", "STRING", json_needles(user_ids)),
        )

    def count(self) -> int:
        (row,) = run_query(self._client, f"SELECT COUNT(*) {self._from}", *self._parameters)
        return int(row[0])

    def delete(self) -> None:
        """Delete them, unless rows that BigQuery still buffers are among them."""
        try:
            run_query(self._client, f"DELETE {self._from}", *self._parameters)
        except BadRequest as error:
            if "streaming buffer" not in str(error):
                raise
            logger.warning("%s: BigQuery still buffers some of the rows", self.table)


def rows_of_user(
    client: bigquery.Client, events: str, dead_letters: str, user_id: str, key: bytes
) -> list[UserRows]:
    """The user's events, then dead letters; `key`, if not empty, is the edge's for pseudonyms."""
    user_ids = stored_ids(user_id, key)
    return [
        UserRows(client, events, _EVENTS, user_ids),
        UserRows(client, dead_letters, _DEAD_LETTERS, user_ids),
    ]
