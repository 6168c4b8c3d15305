WITH published AS (
  SELECT DISTINCT dead_letter_id FROM `${replays}` WHERE outcome = 'published'
), letters AS (
  SELECT
    letter.dead_letter_id, letter.stage, letter.error_code, letter.error_message, letter.failed_at,
    IFNULL(JSON_VALUE(letter.errors, '$[0].path'), '') AS path,
    published.dead_letter_id IS NOT NULL AS replayed
  FROM `${dead_letters}` AS letter
  LEFT JOIN published ON published.dead_letter_id = letter.dead_letter_id
  WHERE letter.failed_at >= @since
)
SELECT
  stage, error_code, path,
  COUNT(DISTINCT dead_letter_id) AS letters,
  COUNT(DISTINCT IF(replayed, dead_letter_id, NULL)) AS replayed,
  MIN(failed_at) AS first, MAX(failed_at) AS last,
  ANY_VALUE(error_message) AS example
FROM letters
GROUP BY stage, error_code, path
ORDER BY letters DESC, stage, error_code, path
LIMIT 500
