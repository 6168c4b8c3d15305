// The server's form of an error: its code, a JSON Pointer (RFC 6901) and its words.

import { RULES } from "../generated/rules.js";

/**
 * @param {readonly string[]} verdict code and words, from rules.js
 * @param {string[]} path
 * @param {unknown} [value] takes the place of {} in the words
 * @returns {import("../index.js").EventError}
 */
export function failure([code, words], path, value) {
  return { code, path: pointer(path), message: words.replace("{}", () => String(value)) };
}

/** @param {string[]} path */
export function pointer(path) {
  const escaped = path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  // Cut by code points as Python does.
  const cut = Array.from(escaped.join("")).slice(0, RULES.maxPath).join("");
  return cut.replace(/~$/, "").replaceAll("\0", "\ufffd");
}

/** Python's order of strings, by code points; JavaScript's own goes by UTF-16 units.
 * @param {string} one @param {string} other */
export function compareText(one, other) {
  const [left, right] = [Array.from(one), Array.from(other)];
  const different = left.findIndex((character, index) => character !== right[index]);
  if (different < 0) return left.length - right.length;
  if (right[different] === undefined) return 1;
  return Number(left[different]?.codePointAt(0)) - Number(right[different]?.codePointAt(0));
}
