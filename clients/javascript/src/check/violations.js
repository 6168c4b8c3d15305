// What the compiled schema finds, in the server's own codes and words (schemas/violations.py).

import { RULES } from "../generated/rules.js";
import { VALIDATORS } from "../generated/validators.js";
import { compareText, failure } from "./failure.js";

const NO_NUL = "^[^\\u0000]*$"; // the pattern of the schema's $defs/storable

/**
 * @typedef {import("../generated/validators.js").Violation} Violation
 * @typedef {import("../index.js").EventError} EventError
 */

/**
 * The first violations by path, of which at most one inside `event_details`, as the server does.
 * @param {number} version one of RULES.schemaVersions
 * @param {unknown} document
 * @returns {EventError[]}
 */
export function violations(version, document) {
  const validate = VALIDATORS[version];
  if (validate(document)) return [];
  const raw = (validate.errors ?? []).filter(({ propertyName }) => propertyName === undefined);
  const inside = raw.filter(isInDetails);
  const outside = raw.filter((each) => !isInDetails(each));
  const found = [...outside, ...inside.slice(0, 1)].flatMap(translate);
  return unique(found).sort(byPathAndCode).slice(0, RULES.maxErrors);
}

/** @param {Violation} raw */
function isInDetails({ instancePath }) {
  return instancePath === "/event_details" || instancePath.startsWith("/event_details/");
}

/** @param {Violation} raw @returns {EventError[]} */
function translate({ keyword, instancePath, params }) {
  const path = instancePath.split("/").slice(1).map(unescaped);
  const { verdicts } = RULES;
  if (keyword === "required") {
    return [failure(verdicts.required, [...path, String(params.missingProperty)])];
  }
  if (keyword === "additionalProperties") {
    return [failure(verdicts.additionalProperties, [...path, String(params.additionalProperty)])];
  }
  if (keyword === "propertyNames" || params.pattern === NO_NUL) {
    return [failure(verdicts.nul, path)];
  }
  const verdict = RULES.keywords[/** @type {keyof typeof RULES.keywords} */ (keyword)];
  return [failure(verdict, path, wanted(params))];
}

/** @param {Record<string, unknown>} params */
function wanted({ type, pattern, limit, allowedValue }) {
  if (type !== undefined) return [type].flat().sort().join(" or ");
  return pattern ?? limit ?? allowedValue;
}

/** @param {string} part */
function unescaped(part) {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** @param {EventError[]} errors */
function unique(errors) {
  return [...new Map(errors.map((error) => [JSON.stringify(Object.values(error)), error])).values()];
}

/** @param {EventError} one @param {EventError} other */
function byPathAndCode(one, other) {
  return compareText(one.path, other.path) || compareText(one.code, other.code);
}
