// Written by scripts/generate.mjs: do not edit.

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** One digital well-being signal observed by a client. */
export interface EventV1 {
  /** Idempotency key, a UUID of any version; the edge assigns a UUIDv7 when absent. */
  event_id?: string;
  /** Version of this schema; 1 when absent. */
  schema_version?: 1;
  /** Opaque id of the user: 1 to 128 characters, no control characters. */
  user_id: string;
  /** When the signal was observed: RFC 3339 with offset, no older than the edge's MAX_EVENT_AGE_DAYS and at most 1 day ahead; stored to the microsecond, no leap second. */
  timestamp: string;
  /** Kind of signal: `^[a-z][a-z0-9_]{0,63}$`, so a new kind needs no deploy. */
  signal_type: string;
  /** Where it was observed. */
  source_platform: string;
  /** Kind of flag raised, if any. */
  flag_type?: string | null;
  /** Confidence in the flag, from 0 to 1. */
  confidence?: number | null;
  /** Topic of the content, if known. */
  topic_category?: string | null;
  /** Free JSON: at most 64 KiB encoded and 16 levels deep, numbers within ±(2⁵³ − 1), no NUL. */
  event_details?: { [name: string]: JsonValue } | null;
}

/** One digital well-being signal observed by a client. */
export interface EventV2 {
  /** Idempotency key, a UUID of any version; the edge assigns a UUIDv7 when absent. */
  event_id?: string;
  /** Version of this schema; an event without one is of version 1. */
  schema_version: 2;
  /** Opaque id of the user: 1 to 128 characters, no control characters. */
  user_id: string;
  /** When the signal was observed: RFC 3339 with offset, no older than the edge's MAX_EVENT_AGE_DAYS and at most 1 day ahead; stored to the microsecond, no leap second. */
  timestamp: string;
  /** Kind of signal: `^[a-z][a-z0-9_]{0,63}$`, so a new kind needs no deploy. */
  signal_type: string;
  /** Where it was observed. */
  source_platform: string;
  /** Kind of flag raised, if any. */
  flag_type?: string | null;
  /** Confidence in the flag, from 0 to 1. */
  confidence?: number | null;
  /** Topic of the content, if known. */
  topic_category?: string | null;
  /** The members below, all optional, and any others. Free JSON: at most 64 KiB encoded and 16 levels deep, numbers within ±(2⁵³ − 1), no NUL. */
  event_details?: {
    /** Address of the page. */
    url?: string | null;
    /** Title of the page or the video. */
    title?: string | null;
    /** Milliseconds that the content was in view. */
    dwell_ms?: number | null;
    /** The platform's id of the video. */
    video_id?: string | null;
    [name: string]: JsonValue | undefined;
  } | null;
  /** One sitting of the user: a UUID in lower case, new after a pause. */
  session_id?: string | null;
}

/** The newest version: what `record` takes, and fills in. */
export type Event = EventV2;

/** Any version that the server accepts. */
export type AnyEvent = EventV1 | EventV2;
