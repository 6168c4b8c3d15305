import type { Client, ClientOptions, Event, EventError } from "./index.js";

export type FakeOptions = Pick<ClientOptions, "defaults" | "onRefused" | "onStatus">;

/** An event with everything that the client fills in. */
export type RecordedEvent = Event & Required<Pick<Event, "event_id" | "schema_version">>;

/** A client that records in memory; it checks events as the real one does. */
export interface FakeClient extends Client {
  /** What was recorded and not refused, oldest first. */
  readonly events: readonly RecordedEvent[];
  /** Play the server that refuses a recorded event: `onRefused` is called. */
  refuse(eventId: string, errors: readonly EventError[]): void;
  /** Let `record` reject with `error`, such as a StorageError, until null is given. */
  failWith(error: Error | null): void;
  /** As new. */
  reset(): void;
}

export function createFakeClient(options?: FakeOptions): FakeClient;
