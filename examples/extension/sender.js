// Sends the queue in batches. An event leaves it only when an answer names that event.

import { pause } from "./backoff.js";
import { head, settle } from "./event_queue.js";
import { post } from "./post.js";
import { readState, resetState, writeState } from "./sender_state.js";
import { readSettings } from "./settings.js";
import { setAlarm, wakeAt } from "./wake.js";

const MAX_EVENTS = 500;
const MAX_BYTES = 512 * 1024;

let pass = Promise.resolve();
let waiting = false;
let resuming = false;

/** Send what is queued. One pass runs at a time and one waits, which covers every later caller. */
export function flush() {
  if (!waiting) {
    waiting = true;
    pass = pass.then(sendAll, sendAll);
  }
  return pass;
}

/** The same without waiting for a backoff or for someone to lift a block. */
export function resume() {
  resuming = true;
  return flush();
}

async function sendAll() {
  waiting = false;
  if (resuming) {
    resuming = false;
    await resetState();
  }
  let limit = MAX_EVENTS;
  while (await mayAttempt()) {
    const batch = await head(limit, MAX_BYTES);
    if (batch.length === 0) return;
    await setAlarm(); // in case the worker ends before the answer comes
    limit = await handle(await post(batch, await readSettings()), batch);
  }
}

async function mayAttempt() {
  const { blocked, notBefore } = await readState();
  const early = notBefore > Date.now();
  if (early && !blocked) await wakeAt(notBefore, flush);
  return !early && !blocked;
}

/** Act on an answer of `post`; returns how many events the next batch may hold. */
async function handle(answer, batch) {
  if (answer.kind === "settled") return settleNamed(answer, batch);
  if (answer.kind === "split") return split(answer, batch);
  if (answer.kind === "blocked") {
    await writeState({ blocked: true, lastError: answer.reason });
  } else {
    await postpone(answer);
  }
  return MAX_EVENTS;
}

async function settleNamed({ accepted, rejected }, batch) {
  const ids = new Set(accepted.map(({ event_id }) => event_id));
  const sent = batch.filter(({ eventId }) => ids.has(eventId));
  const refused = rejected
    .filter(({ index }) => batch[index])
    .map(({ index, errors }) => ({ entry: batch[index], errors }));
  if (sent.length + refused.length === 0) {
    await postpone({ reason: "the answer names none of the events sent" });
    return MAX_EVENTS;
  }
  await settle(sent, refused);
  await resetState();
  return Math.min(MAX_EVENTS, batch.length * 2); // grows again after a split
}

async function split({ reason }, batch) {
  if (batch.length > 1) return Math.ceil(batch.length / 2);
  await settle([], [{ entry: batch[0], errors: [{ code: reason, path: "", message: reason }] }]);
  return MAX_EVENTS;
}

async function postpone({ reason, retryAfter }) {
  const failures = (await readState()).failures + 1;
  const notBefore = Date.now() + pause(failures, retryAfter);
  await writeState({ failures, notBefore, lastError: reason });
}
