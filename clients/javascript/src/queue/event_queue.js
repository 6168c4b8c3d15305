// Events from being recorded until the server has named them, oldest first.

import { StorageError } from "../errors.js";
import { readCounts, withCounter } from "./counts.js";

const MAX_REFUSED_KEPT = 100;

/**
 * @typedef {{ position: number, eventId: string, body: string, size: number }} Entry
 *   the event's JSON text, and its bytes in UTF-8
 * @typedef {{ entry: Entry, errors: import("../index.js").EventError[] }} RefusedEntry
 * @typedef {import("./database.js").Stores} Stores
 * @typedef {import("./counts.js").CounterOfTransaction} Counter
 */

export class EventQueue {
  #database;
  #bounds;

  /**
   * @param {import("./database.js").Database} database
   * @param {{ maxEvents: number, maxBytes: number, whenFull: "refuse" | "drop_oldest" }} bounds
   */
  constructor(database, bounds) {
    this.#database = database;
    this.#bounds = bounds;
  }

  /**
   * @param {string} eventId @param {string} body
   * @throws {StorageError} the queue is full and may not drop, or the browser keeps nothing
   */
  async append(eventId, body) {
    const entry = newEntry(eventId, body);
    let full = false;
    const work = (/** @type {Stores} */ stores) =>
      withCounter(stores.counts, (counter) => {
        full = !this.#fits(counter, entry.size) && this.#bounds.whenFull === "refuse";
        if (full) stores.queue.transaction.abort();
        else this.#appendDropping(stores, counter, entry);
      });
    await this.#database.transact("readwrite", work).catch((error) => {
      throw full ? new StorageError("queue_full") : error;
    });
  }

  /** The oldest entries: at most `maxBytes`, unless the first alone is larger.
   * @param {number} maxEvents @param {number} maxBytes */
  async head(maxEvents, maxBytes) {
    return this.#database.transact("readonly", ({ queue }) => {
      /** @type {Entry[]} */
      const batch = [];
      let bytes = 0;
      const request = queue.openCursor();
      request.onsuccess = () => {
        const cursor = request.result;
        bytes += cursor?.value.size ?? 0;
        const fits = batch.length === 0 || bytes <= maxBytes;
        if (!cursor || batch.length === maxEvents || !fits) return;
        batch.push(cursor.value);
        cursor.continue();
      };
      return batch;
    });
  }

  /** Take sent and refused entries off the queue, and count them.
   * @param {Entry[]} sent @param {RefusedEntry[]} refused */
  async settle(sent, refused) {
    await this.#database.transact("readwrite", (stores) =>
      withCounter(stores.counts, (counter) => {
        for (const entry of sent) remove(stores, counter, entry);
        for (const { entry } of refused) remove(stores, counter, entry);
        keepRefused(stores.refused, refused);
        counter.add({ sent: sent.length, refused: refused.length });
      }),
    );
  }

  /** Queue `body` in place of a refused event; nothing happens if that is no longer kept.
   * @param {number} position @param {string} eventId @param {string} body */
  async retry(position, eventId, body) {
    await this.#database.transact("readwrite", (stores) =>
      withCounter(stores.counts, (counter) => {
        const request = stores.refused.getKey(position);
        request.onsuccess = () => {
          if (request.result === undefined) return;
          stores.refused.delete(position);
          add(stores, counter, newEntry(eventId, body));
        };
      }),
    );
  }

  /** @param {readonly number[]} [positions] all that are kept, unless given */
  async discardRefused(positions) {
    await this.#database.transact("readwrite", ({ refused }) => {
      if (!positions) refused.clear();
      for (const position of positions ?? []) refused.delete(position);
    });
  }

  /** @returns {Promise<import("../index.js").RefusedEvent[]>} the last ones, oldest first */
  async refused() {
    const request = await this.#database.transact("readonly", ({ refused }) => refused.getAll());
    return request.result.map(({ position, eventId, body, errors, at }) => {
      return { id: position, eventId, event: JSON.parse(body), errors, refusedAt: at };
    });
  }

  counts() {
    return readCounts(this.#database);
  }

  /** @param {Counter} counter @param {number} size */
  #fits({ now: { queued, queuedBytes } }, size) {
    return queued < this.#bounds.maxEvents && queuedBytes + size <= this.#bounds.maxBytes;
  }

  /** @param {Stores} stores @param {Counter} counter @param {Omit<Entry, "position">} entry */
  #appendDropping(stores, counter, entry) {
    if (this.#fits(counter, entry.size)) return add(stores, counter, entry);
    const request = stores.queue.openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor || this.#fits(counter, entry.size)) return add(stores, counter, entry);
      cursor.delete();
      counter.add({ queued: -1, queuedBytes: -cursor.value.size, dropped: 1 });
      cursor.continue();
    };
  }
}

/** @param {string} eventId @param {string} body */
function newEntry(eventId, body) {
  return { eventId, body, size: new TextEncoder().encode(body).length };
}

/** @param {Stores} stores @param {Counter} counter @param {Omit<Entry, "position">} entry */
function add(stores, counter, entry) {
  stores.queue.add(entry);
  counter.add({ queued: 1, queuedBytes: entry.size });
}

/** It may have been dropped while it was being sent.
 * @param {Stores} stores @param {Counter} counter @param {Entry} entry */
function remove(stores, counter, { position, size }) {
  const request = stores.queue.getKey(position);
  request.onsuccess = () => {
    if (request.result === undefined) return;
    stores.queue.delete(position);
    counter.add({ queued: -1, queuedBytes: -size });
  };
}

/** @param {IDBObjectStore} store @param {RefusedEntry[]} refused */
function keepRefused(store, refused) {
  for (const { entry: { eventId, body }, errors } of refused) {
    store.add({ eventId, body, errors, at: Date.now() });
  }
  const request = store.getAllKeys();
  request.onsuccess = () => {
    for (const position of request.result.slice(0, -MAX_REFUSED_KEPT)) store.delete(position);
  };
}
