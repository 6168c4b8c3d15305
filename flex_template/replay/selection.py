"""Which dead letters a replay selects."""

from datetime import UTC, datetime
from typing import NamedTuple

from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

from flex_template.bigquery.client import Parameter

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONDITION = """
    (@stage IS NULL OR letter.stage = @stage)
    AND (@error_code IS NULL OR letter.error_code = @error_code)
    AND (@path IS NULL OR JSON_VALUE(letter.errors, '$[0].path') = @path)
    AND (@schema_version IS NULL OR letter.schema_version = @schema_version)
    AND (@request_id IS NULL OR JSON_VALUE(letter.attributes, '$.request_id') = @request_id)
    AND (
      @user_id IS NULL
      OR JSON_VALUE(SAFE.PARSE_JSON(letter.payload_text), '$.user_id') = @user_id
    )
    AND (ARRAY_LENGTH(@dead_letter_ids) = 0 OR letter.dead_letter_id IN UNNEST(@dead_letter_ids))
    AND letter.failed_at >= @since
    AND letter.failed_at < @until
"""


class Selection(NamedTuple):
    """The filters of a replay; None and the empty tuple select everything.

    `error_code` and `path` are those of a letter's first error; `until` is exclusive.
    """

    until: datetime
    since: datetime = _EPOCH
    stage: str | None = None
    error_code: str | None = None
    path: str | None = None
    user_id: str | None = None
    schema_version: str | None = None
    request_id: str | None = None
    dead_letter_ids: tuple[str, ...] = ()
    limit: int | None = None
    retry_claimed: bool = False

    def parameters(self) -> list[Parameter]:
        """The parameters of `CONDITION`."""
        texts = ("stage", "error_code", "path", "user_id", "schema_version", "request_id")
        return [
            *(ScalarQueryParameter(name, "STRING", getattr(self, name)) for name in texts),
            ArrayQueryParameter("dead_letter_ids", "STRING", self.dead_letter_ids),
            ScalarQueryParameter("since", "TIMESTAMP", self.since),
            ScalarQueryParameter("until", "TIMESTAMP", self.until),
        ]
