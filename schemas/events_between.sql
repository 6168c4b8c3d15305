-- Like the view events_deduplicated, but the filter comes first: a query reads only the partitions of
-- the time that it asks for. An event's repetitions have the same timestamp.
SELECT *
FROM `${events_table}`
WHERE timestamp >= since AND timestamp < until
QUALIFY ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY published_at, message_id) = 1
