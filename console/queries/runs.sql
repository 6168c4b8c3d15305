SELECT
  run_id, MIN(replayed_at) AS first, MAX(replayed_at) AS last, MAX(repair) AS repair,
  COUNT(DISTINCT IF(outcome = 'published', dead_letter_id, NULL)) AS published
FROM `${replays}`
GROUP BY run_id
ORDER BY first DESC
LIMIT @rows
