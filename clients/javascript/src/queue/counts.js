// How many events are queued, sent, refused and dropped, changed in the transaction that does it.

const KEY = "counts";
const NONE = { queued: 0, queuedBytes: 0, sent: 0, refused: 0, dropped: 0 };

/** @typedef {typeof NONE} Counts */

/** Read once and written after each change, so that no two changes of a transaction overlap. */
class Counter {
  #store;

  /** @param {IDBObjectStore} store @param {Counts | undefined} stored */
  constructor(store, stored) {
    this.#store = store;
    this.now = { ...NONE, ...stored };
  }

  /** @param {Partial<Counts>} more */
  add(more) {
    for (const [name, number] of Object.entries(more)) this.now[/** @type {"sent"} */ (name)] += number;
    this.#store.put(this.now, KEY);
  }
}

/** @param {IDBObjectStore} store @param {(counter: Counter) => void} work */
export function withCounter(store, work) {
  const request = store.get(KEY);
  request.onsuccess = () => work(new Counter(store, request.result));
}

/** @param {import("./database.js").Database} database @returns {Promise<Counts>} */
export async function readCounts(database) {
  const request = await database.transact("readonly", ({ counts }) => counts.get(KEY));
  return { ...NONE, ...request.result };
}

/** @typedef {InstanceType<typeof Counter>} CounterOfTransaction */
