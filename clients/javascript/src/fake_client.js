// The client's interface without disk or network, for the unit tests of code that records.

import { prepare } from "./prepare.js";

const USER_ID = "test-user";

/**
 * @typedef {import("./index.js").RefusedEvent} RefusedEvent
 * @typedef {import("./fake.js").RecordedEvent} RecordedEvent
 */

/** @param {import("./fake.js").FakeOptions} [options] @returns {import("./fake.js").FakeClient} */
export function createFakeClient(options = {}) {
  return new FakeClient(options);
}

class FakeClient {
  /** @type {RecordedEvent[]} */
  events = [];
  /** @type {RefusedEvent[]} */
  #refused = [];
  /** @type {Error | null} */
  #failure = null;
  #sent = 0;
  #options;

  /** @param {import("./fake.js").FakeOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {unknown} event */
  async record(event) {
    if (this.#failure) throw this.#failure;
    const { defaults = {} } = this.#options;
    const more = typeof defaults === "function" ? await defaults() : defaults;
    const prepared = prepare(event, { user_id: USER_ID, ...more });
    this.events.push(/** @type {RecordedEvent} */ (prepared.event));
    this.#options.onStatus?.(this.#status());
    return prepared.eventId;
  }

  async flush() {
    this.#sent = this.events.length;
    this.#options.onStatus?.(this.#status());
    return this.#status();
  }

  async status() {
    return this.#status();
  }

  /** @returns {Promise<import("./index.js").ProbeResult>} */
  async probe() {
    return { accepted: true, problem: null };
  }

  async refused() {
    return [...this.#refused];
  }

  /** @param {number} id @param {unknown} event */
  async retry(id, event) {
    const eventId = await this.record(event);
    await this.discardRefused([id]);
    return eventId;
  }

  /** @param {readonly number[]} [ids] */
  async discardRefused(ids) {
    this.#refused = this.#refused.filter(({ id }) => ids && !ids.includes(id));
  }

  /** @param {string} eventId @param {readonly import("./index.js").EventError[]} errors */
  refuse(eventId, errors) {
    const event = this.events.find(({ event_id }) => event_id === eventId);
    if (!event) throw new RangeError(`no event ${eventId} was recorded`);
    this.events = this.events.filter((each) => each !== event);
    const refusal = { eventId, event, errors };
    this.#refused.push({ ...refusal, id: this.#refused.length + 1, refusedAt: Date.now() });
    this.#options.onRefused?.(refusal);
  }

  /** @param {Error | null} error */
  failWith(error) {
    this.#failure = error;
  }

  reset() {
    this.events = [];
    this.#refused = [];
    this.#failure = null;
    this.#sent = 0;
  }

  /** @returns {import("./index.js").Status} */
  #status() {
    const sent = Math.min(this.#sent, this.events.length);
    const queued = this.events.length - sent;
    return {
      queued,
      queuedBytes: this.events.slice(sent).reduce((all, event) => all + JSON.stringify(event).length, 0),
      sent,
      refused: this.#refused.length,
      dropped: 0,
      state: queued > 0 ? "waiting" : "idle",
      lastSentAt: null,
      nextAttemptAt: null,
      problem: null,
    };
  }
}
