-- A letter that was stored twice stands where it was stored first.
SELECT dead_letter_id, failed_at, error_message, payload_size, event_id, message_id
FROM `${dead_letters}`
WHERE stage = @stage
  AND error_code = @error_code
  AND IFNULL(JSON_VALUE(errors, '$[0].path'), '') = @path
  AND failed_at >= @since
  AND (
    @before IS NULL
    OR failed_at < @before
    OR (failed_at = @before AND dead_letter_id < @before_id)
  )
QUALIFY ROW_NUMBER() OVER (PARTITION BY dead_letter_id ORDER BY failed_at) = 1
ORDER BY failed_at DESC, dead_letter_id DESC
LIMIT @rows
