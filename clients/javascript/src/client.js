// The client: checks and queues what happened, and sends it when it can.

import { StorageError } from "./errors.js";
import { prepare } from "./prepare.js";
import { Database } from "./queue/database.js";
import { EventQueue } from "./queue/event_queue.js";
import { installationId } from "./queue/installation.js";
import { endpointProblem } from "./send/endpoint.js";
import { probe } from "./send/probe.js";
import { Sender } from "./send/sender.js";
import { readState } from "./send/sender_state.js";
import { Wake } from "./send/wake.js";

/**
 * @typedef {import("./index.js").ClientOptions} ClientOptions
 * @typedef {import("./index.js").RecordableEvent} RecordableEvent
 */

const DEFAULT_BOUNDS = { maxEvents: 100_000, maxBytes: 64 * 1024 * 1024 };

/** @param {ClientOptions} options @returns {import("./index.js").Client} */
export function createClient(options) {
  if (typeof options.endpoint !== "function") {
    const problem = endpointProblem(options.endpoint);
    if (problem) throw new TypeError(problem.message);
  }
  if (!navigator.locks) {
    throw new TypeError("the client needs a secure context: https or an extension");
  }
  return new Client(options);
}

class Client {
  #options;
  #database;
  #queue;
  #wake;
  #sender;
  #target;
  /** @type {Promise<string> | undefined} */
  #installationId;

  /** @param {ClientOptions} options */
  constructor(options) {
    this.#options = options;
    this.#database = new Database(options.database ?? "aegis-client");
    this.#queue = new EventQueue(this.#database, {
      ...DEFAULT_BOUNDS,
      whenFull: options.whenFull ?? "refuse",
      ...options.bounds,
    });
    this.#target = {
      endpoint: callable(options.endpoint),
      credentials: callable(options.credentials ?? ""),
    };
    this.#wake = new Wake(`aegis:${this.#database.name}`, () => this.#flushInBackground());
    this.#sender = new Sender({
      database: this.#database,
      queue: this.#queue,
      wake: this.#wake,
      target: this.#target,
      onRefused: (refused) => this.#reportRefused(refused),
      onChange: () => this.#reportStatus(),
    });
    this.#listen();
    this.#flushInBackground();
  }

  /** @param {RecordableEvent} event */
  async record(event) {
    const { eventId, body } = await this.#checked(event);
    // The alarm comes first, so that no event is ever on disk without a wake-up to come.
    await this.#wake.setAlarm();
    await this.#queue.append(eventId, body);
    this.#reportStatus();
    this.#flushInBackground();
    return eventId;
  }

  async flush() {
    await this.#sender.resume();
    return this.status();
  }

  /** @returns {Promise<import("./index.js").Status>} */
  async status() {
    const [counts, state, locks] = await Promise.all([
      this.#queue.counts(),
      readState(this.#database),
      navigator.locks.query(),
    ]);
    const { stopped, notBefore, lastSentAt, problem } = state;
    const sending = locks.held?.some(({ name }) => name === this.#sender.lockName) ?? false;
    const waiting = counts.queued > 0 && !stopped && !sending;
    const nextAttemptAt = waiting ? Math.max(notBefore, Date.now()) : null;
    const phase = stopped ? "stopped" : waiting ? "waiting" : "idle";
    return { ...counts, state: sending ? "sending" : phase, lastSentAt, nextAttemptAt, problem };
  }

  probe() {
    return probe(this.#target);
  }

  refused() {
    return this.#queue.refused();
  }

  /** @param {number} id @param {RecordableEvent} event */
  async retry(id, event) {
    const { eventId, body } = await this.#checked(event);
    await this.#queue.retry(id, eventId, body);
    this.#flushInBackground();
    return eventId;
  }

  /** @param {readonly number[]} [ids] */
  async discardRefused(ids) {
    await this.#queue.discardRefused(ids);
    this.#reportStatus();
  }

  /** @param {RecordableEvent} event */
  async #checked(event) {
    const user_id = await this.#userId();
    const { defaults = {} } = this.#options;
    const more = typeof defaults === "function" ? await defaults() : defaults;
    return prepare(event, { user_id, ...more });
  }

  #userId() {
    this.#installationId ??= installationId(this.#database).catch((error) => {
      this.#installationId = undefined;
      throw error;
    });
    return this.#installationId;
  }

  /** In a service worker this must happen while it starts, or the browser wakes it for nothing:
   * https://developer.chrome.com/docs/extensions/develop/concepts/service-workers/events */
  #listen() {
    const resume = () => this.#inBackground(this.#sender.resume());
    globalThis.chrome?.runtime?.onStartup?.addListener(resume);
    globalThis.chrome?.runtime?.onInstalled?.addListener(resume);
    globalThis.addEventListener("online", resume);
  }

  #flushInBackground() {
    this.#inBackground(this.#sender.flush());
  }

  /** @param {Promise<unknown>} work */
  #inBackground(work) {
    work.catch((error) => {
      // Without storage nothing is queued, and `record` has said so.
      if (!(error instanceof StorageError)) reportError(error);
    });
  }

  /** @param {import("./queue/event_queue.js").RefusedEntry[]} refused */
  #reportRefused(refused) {
    const { onRefused } = this.#options;
    if (!onRefused) return;
    for (const { entry: { eventId, body }, errors } of refused) {
      // Apart from the sender, which must go on whatever the callback throws.
      const call = async () => onRefused({ eventId, event: JSON.parse(body), errors });
      this.#inBackground(call());
    }
  }

  #reportStatus() {
    const { onStatus } = this.#options;
    if (onStatus) this.#inBackground(this.status().then(onStatus));
  }
}

/**
 * @template Value
 * @param {Value | ((rejected?: string) => Value | Promise<Value>)} value
 * @returns {(rejected?: string) => Value | Promise<Value>}
 */
function callable(value) {
  return typeof value === "function" ? /** @type {any} */ (value) : () => value;
}
