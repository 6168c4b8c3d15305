// One IndexedDB database, used through durable transactions only.

const STORES = ["queue", "refused", "totals"];

let opening;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("aegis", 1);
    request.onupgradeneeded = () => createStores(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

function createStores(db) {
  db.createObjectStore("queue", { keyPath: "position", autoIncrement: true });
  db.createObjectStore("refused", { keyPath: "position", autoIncrement: true });
  db.createObjectStore("totals");
}

/**
 * Run `work(stores)` in one transaction over all stores.
 * Resolves to what it returned once the transaction is on disk: all of it or nothing.
 */
export async function transact(mode, work) {
  const db = await database();
  const transaction = db.transaction(STORES, mode, { durability: "strict" });
  const stores = Object.fromEntries(STORES.map((name) => [name, transaction.objectStore(name)]));
  const result = work(stores);
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  return result;
}
