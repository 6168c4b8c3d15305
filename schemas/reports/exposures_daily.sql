-- All users' days: how much was seen, how much of it was flagged, by how many people.
SELECT
  DATE(timestamp) AS day,
  COUNT(*) AS exposures,
  COUNT(flag_type) AS flags,
  COUNT(DISTINCT user_id) AS users
FROM `${events_deduplicated}`
GROUP BY day
ORDER BY day
