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
      "must be {}"
    ],
    "minLength": [
      "wrong_length",
      "must have {} or more characters"
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
  "kinds": {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null"
  },
  "fraction": "a fraction",
  "forms": {
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$": "a UUID such as 019abf3e-7a10-7c41-9b64-52a1f0c3d8e7",
    "^[^\\u0000-\\u001f\\u007f-\\u009f]*$": "text without control characters",
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$": "an RFC 3339 date-time with offset such as 2026-11-24T10:00:00Z",
    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$": "a UUID in lower case such as 019abf3e-7a10-7c41-9b64-52a1f0c3d8e7",
    "^[a-z][a-z0-9_]{0,63}$": "a slug such as screen_time: a lower-case letter, then at most 63 lower-case letters, digits or _"
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
      "more than 24 hours ahead of the server's clock"
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
