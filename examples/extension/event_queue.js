// Events from being recorded until the server has named them, oldest first.
// An entry is { position, eventId, body, size }: the event's JSON text, and its bytes in UTF-8.

import { transact } from "./database.js";

const MAX_REFUSED_KEPT = 100;

export async function append(eventId, body) {
  const size = new TextEncoder().encode(body).length;
  await transact("readwrite", ({ queue }) => void queue.add({ eventId, body, size }));
}

/** The oldest entries: at most `maxEvents`, and at most `maxBytes` unless the first alone is larger. */
export async function head(maxEvents, maxBytes) {
  return transact("readonly", ({ queue }) => {
    const batch = [];
    let bytes = 0;
    queue.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      bytes += cursor?.value.size ?? 0;
      const fits = batch.length === 0 || bytes <= maxBytes;
      if (!cursor || batch.length === maxEvents || !fits) return;
      batch.push(cursor.value);
      cursor.continue();
    };
    return batch;
  });
}

/** Take sent and refused entries off the queue; each of `refused` is { entry, errors }. */
export async function settle(sent, refused) {
  await transact("readwrite", (stores) => {
    for (const { position } of [...sent, ...refused.map(({ entry }) => entry)]) {
      stores.queue.delete(position);
    }
    for (const { entry, errors } of refused) {
      stores.refused.add({ eventId: entry.eventId, body: entry.body, errors, at: Date.now() });
    }
    count(stores.totals, "sent", sent.length);
    count(stores.totals, "refused", refused.length);
    dropOldest(stores.refused);
  });
}

function count(totals, name, more) {
  const request = totals.get(name);
  request.onsuccess = () => totals.put((request.result ?? 0) + more, name);
}

function dropOldest(refused) {
  const request = refused.getAllKeys();
  request.onsuccess = () => {
    for (const position of request.result.slice(0, -MAX_REFUSED_KEPT)) refused.delete(position);
  };
}

/** How many are queued, were sent, were refused; and the refused ones that are kept. */
export async function summary() {
  const requests = await transact("readonly", ({ queue, refused, totals }) => ({
    queued: queue.count(),
    sent: totals.get("sent"),
    refused: totals.get("refused"),
    kept: refused.getAll(),
  }));
  return {
    queued: requests.queued.result,
    sent: requests.sent.result ?? 0,
    refused: requests.refused.result ?? 0,
    kept: requests.kept.result,
  };
}
