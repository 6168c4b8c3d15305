// Written by scripts/generate.mjs: do not edit.

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** One digital well-being signal observed by a client. */
export interface EventV1 {
  /** Idempotency key, a UUID of any version; the edge assigns a UUIDv7 when absent. */
  event_id?: string;
  /** Version of this schema; 1 when absent. */
  schema_version?: 1;
  /** Opaque id of the user; no control characters. */
  user_id: string;
  /** When the signal was observed: RFC 3339 with offset, stored to the microsecond, no leap second. */
  timestamp: string;
  /** Kind of signal. */
  signal_type: string;
  /** Where it was observed. */
  source_platform: string;
  /** Kind of flag raised, if any. */
  flag_type?: string | null;
  /** Confidence in the flag, from 0 to 1. */
  confidence?: number | null;
  /** Topic of the content, if known. */
  topic_category?: string | null;
  /** Free JSON, at most 64 KiB encoded and 16 levels deep. */
  event_details?: { [name: string]: JsonValue } | null;
}

/** The newest version: what `record` takes, and fills in. */
export type Event = EventV1;

/** Any version that the server accepts. */
export type AnyEvent = EventV1;
