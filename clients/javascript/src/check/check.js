// The server's verdict on an event (schemas/event.py), found out before anything is queued.

import { RULES } from "../generated/rules.js";
import { depthErrors } from "./depth.js";
import { failure } from "./failure.js";
import { toJson } from "./json.js";
import { parseTimestamp } from "./timestamp.js";
import { violations } from "./violations.js";

/** @typedef {import("../index.js").EventError} EventError */

/**
 * Everything that is wrong with `event`; the events of an empty list are valid.
 * @param {unknown} event
 * @param {number} [now] Unix milliseconds
 * @returns {EventError[]}
 */
export function check(event, now = Date.now()) {
  const { json, errors } = toJson(event);
  return errors.length > 0 ? errors : checkJson(json, now);
}

/**
 * The same for what `toJson` made.
 * @param {any} json
 * @param {number} now
 * @returns {EventError[]}
 */
export function checkJson(json, now) {
  const tooDeep = depthErrors(json);
  if (tooDeep.length > 0) return tooDeep;
  const version = schemaVersion(json);
  if (!RULES.schemaVersions.includes(version)) {
    return [failure(RULES.verdicts.unknownVersion, ["schema_version"])];
  }
  const found = violations(version, json);
  if (found.length > 0) return found;
  return [...checkTimestamp(json.timestamp, now), ...checkDetails(json.event_details)];
}

/** Nonsense maps to 1, whose schema then names the fault. @param {any} json */
function schemaVersion(json) {
  const version = json?.schema_version;
  return Number.isInteger(version) && !Array.isArray(json) ? version : 1;
}

/** @param {string} text @param {number} now @returns {EventError[]} */
function checkTimestamp(text, now) {
  const { calendar, tooOld, inFuture } = RULES.verdicts;
  const timestamp = parseTimestamp(text);
  if (timestamp === null) return [failure(calendar, ["timestamp"])];
  const age = BigInt(now) * 1000n - timestamp;
  if (age > BigInt(RULES.maxAgeMs) * 1000n) return [failure(tooOld, ["timestamp"])];
  if (-age > BigInt(RULES.maxAheadMs) * 1000n) return [failure(inFuture, ["timestamp"])];
  return [];
}

/** @param {unknown} details @returns {EventError[]} */
function checkDetails(details) {
  if (details === undefined || details === null) return [];
  const size = encodedSize(details);
  if (size <= RULES.detailsMaxBytes) return [];
  return [failure(RULES.verdicts.tooLarge, ["event_details"], size)];
}

/** Bytes of the text that the server makes of `details`.
 * @param {unknown} details */
function encodedSize(details) {
  const text = JSON.stringify(details, (_name, value) =>
    typeof value === "number" ? asLongAsOnTheServer(value) : value,
  );
  return new TextEncoder().encode(text).length;
}

/** The server writes 1e-6 for 0.000001: a string stands in, which is as long with its quotes.
 * @param {number} value */
function asLongAsOnTheServer(value) {
  const shorter = Math.abs(value) >= 1e-6 && Math.abs(value) < 1e-5;
  return shorter ? "x".repeat(value.toExponential().length - 2) : value;
}
