// Written by scripts/rules.py: do not edit.

export const RULES = {
  "schemaVersions": [
    1,
    2
  ],
  "maxErrors": 20,
  "maxPath": 256,
  "maxDepth": 16,
  "detailsMaxBytes": 65536,
  "maxAgeMs": 31536000000,
  "maxAheadMs": 86400000,
  "maxEventsPerRequest": 500,
  "maxBodyBytes": 1048576,
  "keywords": {
    "type": [
      "wrong_type",
      "must be {}"
    ],
    "pattern": [
      "wrong_format",
      "must match {}"
    ],
    "minLength": [
      "wrong_length",
      "must have at least {} character"
    ],
    "maxLength": [
      "wrong_length",
      "must have at most {} characters"
    ],
    "minimum": [
      "out_of_range",
      "must be at least {}"
    ],
    "maximum": [
      "out_of_range",
      "must be at most {}"
    ],
    "const": [
      "unknown_schema_version",
      "must be {}"
    ]
  },
  "verdicts": {
    "required": [
      "missing_field",
      "is required"
    ],
    "additionalProperties": [
      "unknown_field",
      "is not a field of this schema version"
    ],
    "nul": [
      "nul_character",
      "must not contain the character U+0000"
    ],
    "unknownVersion": [
      "unknown_schema_version",
      "must be one of 1, 2"
    ],
    "calendar": [
      "wrong_format",
      "must be a date that exists in the calendar"
    ],
    "tooOld": [
      "timestamp_too_old",
      "older than 365 days"
    ],
    "inFuture": [
      "timestamp_in_future",
      "more than 1 days ahead of the server's clock"
    ],
    "tooLarge": [
      "details_too_large",
      "{} bytes encoded, at most 65536"
    ],
    "detailsTooDeep": [
      "details_too_deep",
      "nested deeper than 16 levels"
    ],
    "documentTooDeep": [
      "document_too_deep",
      "nested deeper than 16 levels"
    ]
  }
};
