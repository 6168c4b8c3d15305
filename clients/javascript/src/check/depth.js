// The server's rule for nesting (schemas/depth.py).

import { RULES } from "../generated/rules.js";
import { compareText, failure } from "./failure.js";

/**
 * One error for each field that is nested too deeply.
 * @param {unknown} json
 * @returns {import("../index.js").EventError[]}
 */
export function depthErrors(json) {
  const { detailsTooDeep, documentTooDeep } = RULES.verdicts;
  if (!isContainer(json) || Array.isArray(json)) {
    return depth(json) > RULES.maxDepth ? [failure(documentTooDeep, [])] : [];
  }
  return Object.entries(json)
    .filter(([, value]) => depth(value) > RULES.maxDepth)
    .map(([name]) => failure(name === "event_details" ? detailsTooDeep : documentTooDeep, [name]))
    .sort((one, other) => compareText(one.path, other.path))
    .slice(0, RULES.maxErrors);
}

/** Objects and arrays inside one another. @param {unknown} value @returns {number} */
function depth(value) {
  if (!isContainer(value)) return 0;
  return 1 + Object.values(value).reduce((most, member) => Math.max(most, depth(member)), 0);
}

/** @param {unknown} value @returns {value is object} */
function isContainer(value) {
  return typeof value === "object" && value !== null;
}
