/** Records events, keeps them on disk until the server has them, and sends them in batches. */

import type { AnyEvent, Event, JsonValue } from "./generated/events.js";

export type { AnyEvent, Event, JsonValue };
export type * from "./generated/events.js";

/** One thing wrong with an event, in the words that the server would use. */
export interface EventError {
  /** Stable, such as `missing_field`. */
  readonly code: string;
  /** JSON Pointer (RFC 6901) to the place; empty for the event as a whole. */
  readonly path: string;
  readonly message: string;
}

type FilledIn = "event_id" | "schema_version" | "user_id" | "timestamp" | "source_platform";

/** An event whose other fields the client fills in: ids, time, platform. */
export type RecordableEvent = Omit<Event, FilledIn> &
  Partial<Omit<Pick<Event, FilledIn>, "timestamp">> & {
    /** When it was observed; now, unless given. */
    timestamp?: string | Date;
  };

/** Why the last attempt to send failed. */
export interface Problem {
  /**
   * The server's own code (`invalid_api_key`, `origin_not_allowed`, `publish_unavailable`, …), or one
   * of the client's: `not_configured`, `invalid_endpoint`, `offline`, `unreachable`, `timeout`,
   * `redirected`, `unexpected_answer`, `credentials_failed`.
   */
  readonly code: string;
  /** HTTP status; null if there was no answer. */
  readonly status: number | null;
  readonly message: string;
}

export interface Status {
  /** Events on disk that the server has not named yet. */
  readonly queued: number;
  /** Their size: bytes of JSON. */
  readonly queuedBytes: number;
  readonly sent: number;
  readonly refused: number;
  /** Events given up because the queue was full; always 0 with `whenFull: "refuse"`. */
  readonly dropped: number;
  /**
   * `idle`: nothing to do. `sending`: a request is on its way. `waiting`: an attempt will follow.
   * `stopped`: no attempt before `flush`, new settings or a restart of the browser.
   */
  readonly state: "idle" | "sending" | "waiting" | "stopped";
  /** Unix milliseconds. */
  readonly lastSentAt: number | null;
  /** Unix milliseconds. */
  readonly nextAttemptAt: number | null;
  readonly problem: Problem | null;
}

export interface Refusal {
  readonly eventId: string;
  readonly event: AnyEvent;
  readonly errors: readonly EventError[];
}

/** A refused event, kept aside: the last 100 are. */
export interface RefusedEvent extends Refusal {
  /** For `retry` and `discardRefused`. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly refusedAt: number;
}

export type ProbeResult =
  | { readonly accepted: true; readonly problem: null }
  | { readonly accepted: false; readonly problem: Problem };

/** An API key; or what gives one, called again with the token that the server answered with 401. */
export type Credentials = string | ((rejected?: string) => string | Promise<string>);

export interface ClientOptions {
  /**
   * The server's address, `https://…/v1/events`; or what gives it before each request, where a
   * person sets it. http is for this machine only.
   */
  endpoint: string | (() => string | Promise<string>);
  credentials?: Credentials;
  /** Fields of every event, such as `user_id`: a random id of the installation unless given. */
  defaults?: Partial<RecordableEvent> | (() => Partial<RecordableEvent> | Promise<Partial<RecordableEvent>>);
  /** What the queue holds at most: 100,000 events and 64 MiB unless given. */
  bounds?: { maxEvents?: number; maxBytes?: number };
  /** What becomes of an event that would pass the bounds: it is refused, or the oldest is dropped. */
  whenFull?: "refuse" | "drop_oldest";
  /** Name of the IndexedDB database; clients with the same one share a queue. */
  database?: string;
  /** Called for each event that the server refused, in the context that sent it. */
  onRefused?: (refusal: Refusal) => void;
  /** Called after each change, such as to set a badge. */
  onStatus?: (status: Status) => void;
}

export interface Client {
  /**
   * Check an event, keep it, and start to send it.
   *
   * Resolves to its `event_id` once it is on disk. Rejects with an {@link InvalidEventError} or a
   * {@link StorageError}; then nothing is queued.
   */
  record(event: RecordableEvent): Promise<string>;
  /** Try to send now, whatever wait or stop there is; resolves when there is nothing more to do. */
  flush(): Promise<Status>;
  status(): Promise<Status>;
  /** Ask the server whether it would take events, without sending one. */
  probe(): Promise<ProbeResult>;
  /** The refused events that are kept, oldest first. */
  refused(): Promise<readonly RefusedEvent[]>;
  /** Queue a corrected event in place of a refused one; rejects as `record` does. */
  retry(id: number, event: RecordableEvent): Promise<string>;
  /** Forget refused events: all that are kept unless `ids` are given. */
  discardRefused(ids?: readonly number[]): Promise<void>;
}

/**
 * Call it once per context, while a service worker starts: it listens for alarms.
 *
 * Throws a TypeError if the endpoint is no usable address, or in a page without https.
 */
export function createClient(options: ClientOptions): Client;

/** Everything that the server would find wrong with a complete event; an empty list if nothing. */
export function check(event: unknown, now?: number): EventError[];

/** What is wrong with an address that a person typed; null if events and a key may go there. */
export function checkEndpoint(address: unknown): Problem | null;

/** `code`, `path` and `message` are those of the first of `errors`. */
export class InvalidEventError extends Error {
  constructor(errors: readonly EventError[]);
  readonly name: "InvalidEventError";
  readonly code: string;
  readonly path: string;
  readonly errors: readonly EventError[];
}

export type StorageErrorCode = "queue_full" | "storage_full" | "storage_unavailable";

export class StorageError extends Error {
  constructor(code: StorageErrorCode, cause?: unknown);
  readonly name: "StorageError";
  readonly code: StorageErrorCode;
}
