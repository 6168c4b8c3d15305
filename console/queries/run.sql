WITH last_words AS (
  SELECT
    dead_letter_id,
    CASE
      WHEN LOGICAL_OR(outcome = 'published') THEN 'published'
      WHEN LOGICAL_OR(outcome = 'failed') THEN 'failed'
      ELSE 'claimed'
    END AS outcome
  FROM `${replays}`
  WHERE run_id = @run_id
  GROUP BY dead_letter_id
)
SELECT outcome, COUNT(*) AS letters FROM last_words GROUP BY outcome
