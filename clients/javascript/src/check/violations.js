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
  const found = [...outside, ...inside.slice(0, 1)].map((each) => translate(each, document));
  return unique(found).sort(byPathAndCode).slice(0, RULES.maxErrors);
}

/** @param {Violation} raw */
function isInDetails({ instancePath }) {
  return instancePath === "/event_details" || instancePath.startsWith("/event_details/");
}

/** @param {Violation} raw @param {unknown} document @returns {EventError} */
function translate({ keyword, instancePath, params }, document) {
  const path = instancePath.split("/").slice(1).map(unescaped);
  const { verdicts } = RULES;
  if (keyword === "required") {
    return failure(verdicts.required, [...path, String(params.missingProperty)]);
  }
  if (keyword === "additionalProperties") {
    return failure(verdicts.additionalProperties, [...path, String(params.additionalProperty)]);
  }
  if (keyword === "propertyNames" || params.pattern === NO_NUL) {
    return failure(verdicts.nul, path);
  }
  const verdict = RULES.keywords[/** @type {keyof typeof RULES.keywords} */ (keyword)];
  return failure(verdict, path, wanted(params, path, document));
}

/** @param {Record<string, unknown>} params @param {string[]} path @param {unknown} document */
function wanted({ type, pattern, limit, allowedValue }, path, document) {
  if (type !== undefined) return `${anyOf([type].flat())}, got ${kindOf(valueAt(path, document))}`;
  if (pattern !== undefined) return Reflect.get(RULES.forms, String(pattern)) ?? `text that matches ${pattern}`;
  return limit ?? allowedValue;
}

/** @param {unknown[]} types */
function anyOf(types) {
  const wanted = Object.entries(RULES.kinds).filter(([name]) => types.includes(name));
  return wanted.map(([, words]) => words).join(" or ");
}

/** The kind of a value of JSON, never the value. @param {unknown} value */
function kindOf(value) {
  if (value === null) return RULES.kinds.null;
  if (Array.isArray(value)) return RULES.kinds.array;
  if (typeof value === "number" && !Number.isInteger(value)) return RULES.fraction;
  return RULES.kinds[/** @type {keyof typeof RULES.kinds} */ (typeof value)];
}

/** @param {string[]} path @param {any} document */
function valueAt(path, document) {
  return path.reduce((value, part) => value[part], document);
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
