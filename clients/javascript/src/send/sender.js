// Sends the queue in batches. An event leaves it only when an answer names that event.

import { RULES } from "../generated/rules.js";
import { LONGEST_WAIT_MS, pause } from "./backoff.js";
import { post } from "./post.js";
import { changeState, readState } from "./sender_state.js";

const MAX_EVENTS = RULES.maxEventsPerRequest;
const MAX_BYTES = RULES.maxBodyBytes / 2;

/**
 * @typedef {import("../queue/event_queue.js").Entry} Entry
 * @typedef {import("../queue/event_queue.js").RefusedEntry} RefusedEntry
 * @typedef {import("./sender_state.js").State} State
 */

export class Sender {
  #pass = Promise.resolve();
  #waiting = false;
  #resuming = false;
  #parts;

  /**
   * @param {{
   *   database: import("../queue/database.js").Database,
   *   queue: import("../queue/event_queue.js").EventQueue,
   *   wake: import("./wake.js").Wake,
   *   target: import("./post.js").Target,
   *   onRefused: (refused: RefusedEntry[]) => void,
   *   onChange: () => void,
   * }} parts
   */
  constructor(parts) {
    this.#parts = parts;
    this.lockName = `aegis:${parts.database.name}`;
  }

  /** Send what is queued and due. One pass runs at a time and one waits for every later caller. */
  flush() {
    if (!this.#waiting) {
      this.#waiting = true;
      const run = () => this.#exclusively();
      this.#pass = this.#pass.then(run, run);
    }
    return this.#pass;
  }

  /** The same without waiting for a backoff or for someone to lift a stop. */
  resume() {
    this.#resuming = true;
    return this.flush();
  }

  /** Tabs and workers that share the queue take turns, so that none sends what another does.
   * The browser frees the lock of a context that ends. */
  async #exclusively() {
    this.#waiting = false;
    await navigator.locks.request(this.lockName, () => this.#sendAll());
  }

  async #sendAll() {
    const { database, queue, wake, target, onChange } = this.#parts;
    if (this.#resuming) {
      this.#resuming = false;
      await changeState(database, { failures: 0, notBefore: 0, stopped: false });
    }
    for (let state = await this.#due(); state; state = await this.#due()) {
      const batch = await queue.head(state.batchLimit, MAX_BYTES);
      if (batch.length === 0) return;
      await wake.setAlarm(); // in case the worker ends before the answer comes
      onChange();
      const outcome = await post(batch.map(({ body }) => body), target);
      await this.#handle(outcome, batch, state);
      onChange();
    }
  }

  /** The state if an attempt may be made now. */
  async #due() {
    const state = await readState(this.#parts.database);
    const wait = state.notBefore - Date.now();
    if (state.stopped) return null;
    if (wait <= 0 || wait > LONGEST_WAIT_MS) return state;
    await this.#parts.wake.at(state.notBefore);
    return null;
  }

  /** @param {import("./post.js").Outcome} outcome @param {Entry[]} batch @param {State} state */
  async #handle(outcome, batch, state) {
    if (outcome.outcome === "settled") return this.#settle(outcome, batch, state);
    const { problem } = outcome;
    const half = Math.ceil(batch.length / 2);
    if (outcome.outcome === "split" && batch.length > 1) return this.#change({ batchLimit: half });
    if (outcome.outcome === "split") {
      const { code, message } = problem;
      return this.#named([], [{ entry: batch[0], errors: [{ code, path: "", message }] }], state);
    }
    if (outcome.outcome === "stopped") return this.#change({ stopped: true, problem });
    if (problem.code === "timeout") await this.#change({ batchLimit: half }); // a slow line
    return this.#postpone(problem, state, outcome.retryAfter);
  }

  /** @param {import("./post.js").Settled} answer @param {Entry[]} batch @param {State} state */
  async #settle({ accepted, rejected }, batch, state) {
    const ids = new Set(accepted.map(({ event_id }) => event_id));
    const sent = batch.filter(({ eventId }) => ids.has(eventId));
    const refused = rejected
      .filter(({ index }) => batch[index])
      .map(({ index, errors }) => ({ entry: batch[index], errors }));
    if (sent.length + refused.length > 0) return this.#named(sent, refused, state);
    const message = "the answer names none of the events sent";
    return this.#postpone({ code: "unexpected_answer", status: 202, message }, state);
  }

  /** @param {Entry[]} sent @param {RefusedEntry[]} refused @param {State} state */
  async #named(sent, refused, state) {
    await this.#parts.queue.settle(sent, refused);
    await this.#change({
      failures: 0,
      notBefore: 0,
      problem: null,
      batchLimit: Math.min(MAX_EVENTS, state.batchLimit * 2), // grows again after a split
      ...(sent.length > 0 && { lastSentAt: Date.now() }),
    });
    if (refused.length > 0) this.#parts.onRefused(refused);
  }

  /** @param {import("../index.js").Problem} problem @param {State} state
   * @param {string | null} [retryAfter] */
  async #postpone(problem, state, retryAfter) {
    const failures = state.failures + 1;
    await this.#change({ failures, problem, notBefore: Date.now() + pause(failures, retryAfter) });
  }

  /** @param {Partial<State>} changes */
  #change(changes) {
    return changeState(this.#parts.database, changes);
  }
}
