-- Events that clients observed more than a week before are left out: it keeps the scan small.
WITH stored AS (
  SELECT
    COUNT(*) AS stored,
    COUNT(DISTINCT event_id) AS stored_once,
    MAX(published_at) AS last_stored,
    APPROX_QUANTILES(TIMESTAMP_DIFF(published_at, received_at, MILLISECOND), 100) AS edge
  FROM `${events}`
  WHERE published_at >= @since AND timestamp >= TIMESTAMP_SUB(@since, INTERVAL 7 DAY)
), refused AS (
  SELECT
    COUNT(DISTINCT dead_letter_id) AS refused,
    COUNT(DISTINCT IF(stage = 'edge', dead_letter_id, NULL)) AS refused_at_edge,
    MAX(failed_at) AS last_refused,
    APPROX_QUANTILES(TIMESTAMP_DIFF(failed_at, published_at, MILLISECOND), 100) AS pipeline
  FROM `${dead_letters}`
  WHERE failed_at >= @since
)
SELECT
  stored, stored_once, last_stored, refused, refused_at_edge, last_refused,
  edge[SAFE_OFFSET(50)] AS edge_p50, edge[SAFE_OFFSET(99)] AS edge_p99,
  pipeline[SAFE_OFFSET(50)] AS pipeline_p50, pipeline[SAFE_OFFSET(99)] AS pipeline_p99
FROM stored CROSS JOIN refused
