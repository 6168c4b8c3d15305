-- Active minutes of an average user on each platform, day by day.
WITH users AS (
  SELECT
    DATE(timestamp) AS day,
    source_platform AS platform,
    user_id,
    COUNT(DISTINCT TIMESTAMP_TRUNC(timestamp, MINUTE)) AS active_minutes
  FROM `${events_deduplicated}`
  GROUP BY day, platform, user_id
)
SELECT day, platform, AVG(active_minutes) AS active_minutes, COUNT(*) AS users
FROM users
GROUP BY day, platform
ORDER BY day, platform
