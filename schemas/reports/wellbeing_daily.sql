-- Each user's day on each platform and topic, against the same user's week before.
-- An active minute is one with an event; days are UTC's.
WITH days AS (
  SELECT
    DATE(timestamp) AS day,
    user_id,
    source_platform,
    IFNULL(topic_category, 'unknown') AS topic,
    COUNT(*) AS exposures,
    COUNT(flag_type) AS flags,
    AVG(confidence) AS mean_confidence,
    COUNT(DISTINCT TIMESTAMP_TRUNC(timestamp, MINUTE)) AS active_minutes
  FROM `${events_deduplicated}`
  GROUP BY day, user_id, source_platform, topic
), weeks AS (
  SELECT
    *,
    SUM(exposures) OVER (
      PARTITION BY user_id, source_platform, topic ORDER BY UNIX_DATE(day)
      RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
    ) AS exposures_of_week,
    SUM(exposures) OVER (
      PARTITION BY user_id, source_platform, topic ORDER BY UNIX_DATE(day)
      RANGE BETWEEN 13 PRECEDING AND 7 PRECEDING
    ) AS exposures_of_week_before
  FROM days
)
SELECT
  *,
  SAFE_DIVIDE(exposures_of_week - exposures_of_week_before, exposures_of_week_before) AS trend
FROM weeks
