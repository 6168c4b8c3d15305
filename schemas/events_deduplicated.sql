-- Delivery is at least once: this view keeps the first published row of each event_id.
SELECT *
FROM `${events_table}`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY published_at, message_id) = 1
