// From what the caller says happened to a complete, checked event.

import { checkJson } from "./check/check.js";
import { toJson } from "./check/json.js";
import { InvalidEventError } from "./errors.js";
import { RULES } from "./generated/rules.js";
import { uuid7 } from "./uuid7.js";

/**
 * Fill in what is missing; the caller's fields win over `defaults`, and those over our own.
 * @param {unknown} event
 * @param {Record<string, unknown>} defaults with a user_id
 * @throws {InvalidEventError}
 */
export function prepare(event, defaults) {
  const { json, errors } = toJson(isPlainObject(event) ? complete(event, defaults) : event);
  const found = errors.length > 0 ? errors : checkJson(json, Date.now());
  if (found.length > 0) throw new InvalidEventError(found);
  const valid = /** @type {import("./index.js").Event & { event_id: string }} */ (json);
  return { eventId: valid.event_id, event: valid, body: JSON.stringify(valid) };
}

/** @param {Record<string, unknown>} event @param {Record<string, unknown>} defaults */
function complete(event, defaults) {
  return {
    event_id: uuid7(),
    schema_version: RULES.schemaVersions.at(-1),
    timestamp: new Date(),
    source_platform: "chrome_extension",
    ...given(defaults),
    ...given(event),
  };
}

/** A field set to undefined is not given. @param {Record<string, unknown>} fields */
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isPlainObject(value) {
  return Object.prototype.toString.call(value) === "[object Object]";
}
