// One IndexedDB database, used through durable transactions only.

import { StorageError } from "../errors.js";

const VERSION = 1;
/** @type {Record<string, IDBObjectStoreParameters>} */
const STORES = {
  queue: { keyPath: "position", autoIncrement: true },
  refused: { keyPath: "position", autoIncrement: true },
  counts: {},
  sender: {},
};

/** @typedef {Record<"queue" | "refused" | "counts" | "sender", IDBObjectStore>} Stores */

export class Database {
  /** @type {Promise<IDBDatabase> | undefined} */
  #opening;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /**
   * Run `work` in one transaction over all stores.
   * @template Result
   * @param {"readonly" | "readwrite"} mode
   * @param {(stores: Stores) => Result} work
   * @returns {Promise<Result>} once the transaction is on disk: all of it or nothing
   * @throws {StorageError}
   */
  async transact(mode, work) {
    try {
      return await this.#run(mode, work);
    } catch (error) {
      throw error instanceof StorageError ? error : asStorageError(error);
    }
  }

  /** @template Result @param {IDBTransactionMode} mode @param {(stores: Stores) => Result} work */
  async #run(mode, work) {
    const transaction = await this.#begin(mode);
    const names = Object.keys(STORES);
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    const finished = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = work(/** @type {Stores} */ (stores));
    await finished;
    return result;
  }

  /** @param {IDBTransactionMode} mode */
  async #begin(mode) {
    // Relaxed durability would call an event stored that a crash of the system can lose:
    // https://www.w3.org/TR/IndexedDB/#transaction-durability-hint
    const options = /** @type {const} */ ({ durability: "strict" });
    const names = Object.keys(STORES);
    try {
      return (await this.#open()).transaction(names, mode, options);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
      this.#opening = undefined; // closed meanwhile, as when a person clears the site's data
      return (await this.#open()).transaction(names, mode, options);
    }
  }

  #open() {
    this.#opening ??= openDatabase(this.name).catch((error) => {
      this.#opening = undefined; // the next call tries again
      throw error;
    });
    return this.#opening;
  }
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => createStores(request.result);
    request.onsuccess = () => resolve(closingForOthers(request.result));
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBDatabase} database */
function createStores(database) {
  for (const [name, options] of Object.entries(STORES)) {
    database.createObjectStore(name, options);
  }
}

/** A later version of the package, in another tab, must not wait for this one.
 * @param {IDBDatabase} database */
function closingForOthers(database) {
  database.onversionchange = () => database.close();
  return database;
}

/** @param {unknown} error */
function asStorageError(error) {
  const full = error instanceof DOMException && error.name === "QuotaExceededError";
  return new StorageError(full ? "storage_full" : "storage_unavailable", error);
}
