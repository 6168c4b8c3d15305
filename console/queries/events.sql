SELECT
  event_id, user_id, timestamp, signal_type, source_platform, flag_type, published_at, request_id,
  message_id
FROM `${events}`
WHERE (@id IS NULL AND timestamp >= @since)
  OR event_id = LOWER(@id) OR user_id = @id OR request_id = @id OR message_id = @id
ORDER BY published_at DESC, message_id
LIMIT @rows
