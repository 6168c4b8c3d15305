// The service worker's end: which context may call what, and its answer.

import { InvalidEventError } from "../errors.js";
import { ADDRESS, CALLS } from "./calls.js";

/** What a page or content script, which a stranger may control, can ask for. */
const CALLS_OF_STRANGERS = ["record"];

/**
 * @typedef {{ to: string, call: string, arguments: unknown[] }} Message
 * @typedef {import("../index.js").Client} Client
 * @typedef {{ result: unknown } | { error: Record<string, unknown> }} Answer
 */

/** @param {Client} client @param {import("../bridge.js").ServeOptions} [options] */
export function serve(client, { pages = [] } = {}) {
  const { runtime } = globalThis.chrome;
  const own = new URL(runtime.getURL("/")).origin;
  runtime.onMessage.addListener((message, sender, respond) =>
    answer(client, message, sender.origin === own ? CALLS : CALLS_OF_STRANGERS, respond),
  );
  runtime.onMessageExternal?.addListener((message, sender, respond) => {
    if (!pages.includes(sender.origin ?? "")) return false;
    return answer(client, message, CALLS_OF_STRANGERS, respond);
  });
}

/**
 * @param {Client} client @param {any} message @param {readonly string[]} allowed
 * @param {(answer: Answer) => void} respond
 * @returns {boolean} whether the answer comes later
 */
function answer(client, message, allowed, respond) {
  if (message?.to !== ADDRESS) return false;
  perform(client, message, allowed).then(
    (result) => respond({ result }),
    (error) => respond({ error: toMessage(error) }),
  );
  return true;
}

/** @param {any} client @param {Message} message @param {readonly string[]} allowed */
async function perform(client, { call, arguments: values }, allowed) {
  if (allowed.includes(call)) return client[call](...(Array.isArray(values) ? values : []));
  const message = `must be one of ${allowed.join(", ")}`;
  throw new InvalidEventError([{ code: "unknown_call", path: "/call", message }]);
}

/** @param {any} error */
function toMessage({ name, message, code, errors }) {
  return { name, message: String(message), code, errors };
}
