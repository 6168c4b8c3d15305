// What the sender must remember when the worker or the browser ends.

const KEY = "state";

/**
 * @typedef {object} State
 * @property {number} failures in a row
 * @property {number} notBefore Unix milliseconds
 * @property {boolean} stopped until someone asks for an attempt
 * @property {number} batchLimit how many events the next request may hold
 * @property {number | null} lastSentAt Unix milliseconds
 * @property {import("../index.js").Problem | null} problem why the last attempt failed
 */

/** @type {Readonly<State>} */
const FRESH = {
  failures: 0, notBefore: 0, stopped: false, batchLimit: 500, lastSentAt: null, problem: null,
};

/** @param {import("../queue/database.js").Database} database @returns {Promise<State>} */
export async function readState(database) {
  const request = await database.transact("readonly", ({ sender }) => sender.get(KEY));
  return { ...FRESH, ...request.result };
}

/** @param {import("../queue/database.js").Database} database @param {Partial<State>} changes */
export async function changeState(database, changes) {
  await database.transact("readwrite", ({ sender }) => {
    const request = sender.get(KEY);
    request.onsuccess = () => sender.put({ ...FRESH, ...request.result, ...changes }, KEY);
  });
}
