SELECT * EXCEPT (errors, attributes, payload_text),
  TO_JSON_STRING(errors) AS errors, TO_JSON_STRING(attributes) AS attributes
FROM `${dead_letters}`
WHERE dead_letter_id = @id
ORDER BY failed_at
LIMIT 1
