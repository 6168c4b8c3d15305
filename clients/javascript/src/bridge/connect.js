// The other end: the service worker's client, called from a popup, a content script or a web page.

import { toJson } from "../check/json.js";
import { InvalidEventError, StorageError } from "../errors.js";
import { ADDRESS, CALLS } from "./calls.js";

/** @param {import("../bridge.js").ConnectOptions} [options] @returns {import("../index.js").Client} */
export function connect({ extensionId } = {}) {
  const calls = CALLS.map((call) => [
    call,
    (/** @type {unknown[]} */ ...values) => request(extensionId, call, values),
  ]);
  return Object.fromEntries(calls);
}

/** @param {string | undefined} extensionId @param {string} call @param {unknown[]} values */
async function request(extensionId, call, values) {
  // A message is JSON, in which NaN is null: what it would lose is refused on this side of it.
  const { json, errors } = toJson(values.map((value) => (value === undefined ? null : value)));
  if (errors.length > 0) throw new InvalidEventError(errors.map(withoutPosition));
  const message = { to: ADDRESS, call, arguments: json };
  const { runtime } = globalThis.chrome;
  const answered = await (extensionId
    ? runtime.sendMessage(extensionId, message)
    : runtime.sendMessage(message));
  if (answered === undefined) throw new Error("no service worker serves @aegis/client");
  if (answered.error) throw fromMessage(answered.error);
  return answered.result;
}

/** The path within the event, not within the list of arguments.
 * @param {import("../index.js").EventError} error */
function withoutPosition(error) {
  return { ...error, path: error.path.replace(/^\/\d+/, "") };
}

/** @param {any} error */
function fromMessage({ name, message, code, errors }) {
  if (name === "InvalidEventError") return new InvalidEventError(errors);
  if (name === "StorageError") return new StorageError(code);
  return new Error(message);
}
