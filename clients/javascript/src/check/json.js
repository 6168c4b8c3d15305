// From a JavaScript value to what a JSON text can hold, with an error for each thing that it cannot.
//
// JSON.stringify would change such things in silence: NaN becomes null, a Map becomes {}.

import { failure, pointer } from "./failure.js";
import { RULES } from "../generated/rules.js";

// Whoever checks refuses far less; without a limit hostile nesting would end the stack.
const DEEPEST_COPIED = 200;
const PLAIN = new Set(["[object Object]", "[object Array]"]);

/**
 * @param {unknown} value
 * @returns {{ json: unknown, errors: import("../index.js").EventError[] }}
 *   `json` is a copy of plain objects, arrays, strings, finite numbers, booleans and nulls.
 */
export function toJson(value) {
  const copier = new Copier();
  const json = copier.copy(value, []);
  return { json: json === undefined ? null : json, errors: copier.errors.slice(0, RULES.maxErrors) };
}

class Copier {
  /** @type {import("../index.js").EventError[]} */
  errors = [];
  /** @type {Set<object>} */
  #ancestors = new Set();

  /**
   * @param {unknown} value
   * @param {string[]} path
   * @returns {unknown} undefined for what JSON leaves out
   */
  copy(value, path) {
    if (value === null || typeof value === "boolean" || value === undefined) return value;
    if (typeof value === "string") return this.#text(value, path);
    if (typeof value === "number") return this.#number(value, path);
    if (typeof value === "object") return this.#object(value, path);
    return this.#refuse(path, `a ${typeof value} is no JSON value`);
  }

  /** @param {string} value @param {string[]} path */
  #text(value, path) {
    // Half a surrogate pair has no UTF-8: the server could not read the request.
    if (/\p{Surrogate}/u.test(value)) return this.#refuse(path, "holds half a surrogate pair");
    return value;
  }

  /** @param {number} value @param {string[]} path */
  #number(value, path) {
    return Number.isFinite(value) ? value : this.#refuse(path, `${value} is no JSON number`);
  }

  /** @param {object} value @param {string[]} path */
  #object(value, path) {
    if (this.#ancestors.has(value)) return this.#refuse(path, "refers to an object that holds it");
    if (path.length > DEEPEST_COPIED) return null;
    if (value instanceof Date) return this.#date(value, path);
    this.#ancestors.add(value);
    const copied = this.#container(value, path);
    this.#ancestors.delete(value);
    return copied;
  }

  /** @param {Date} value @param {string[]} path */
  #date(value, path) {
    if (!Number.isNaN(value.getTime())) return value.toISOString();
    this.errors.push(failure(RULES.verdicts.calendar, path));
    return null;
  }

  /** @param {any} value @param {string[]} path */
  #container(value, path) {
    if (typeof value.toJSON === "function") return this.copy(value.toJSON(), path);
    const tag = Object.prototype.toString.call(value);
    if (!PLAIN.has(tag)) return this.#refuse(path, `a ${tag.slice(8, -1)} is no JSON value`);
    if (Array.isArray(value)) {
      return Array.from(value, (item, index) => this.copy(item, [...path, `${index}`]) ?? null);
    }
    const members = Object.entries(value).map(([name, member]) => [
      this.#text(name, path),
      this.copy(member, [...path, name]),
    ]);
    // fromEntries defines own members, so "__proto__" is one like any other.
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }

  /** @param {string[]} path @param {string} message */
  #refuse(path, message) {
    this.errors.push({ code: "malformed_json", path: pointer(path), message });
    return null;
  }
}
