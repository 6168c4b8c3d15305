-- Each topic's last seven days beside the seven before, the most seen first.
SELECT
  IFNULL(topic_category, 'unknown') AS topic,
  COUNTIF(timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)) AS this_week,
  COUNTIF(timestamp < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)) AS week_before,
  COUNT(flag_type) AS flags
FROM `${events_deduplicated}`
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 14 DAY)
GROUP BY topic
ORDER BY this_week DESC, topic
