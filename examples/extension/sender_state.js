// What the sender must remember when the worker or the browser ends.
// failures in a row, no attempt before notBefore (Unix milliseconds), blocked until someone acts.

const FRESH = { failures: 0, notBefore: 0, blocked: false, lastError: "" };

export async function readState() {
  const { sender } = await chrome.storage.local.get("sender");
  return { ...FRESH, ...sender };
}

export async function writeState(changes) {
  await chrome.storage.local.set({ sender: { ...(await readState()), ...changes } });
}

/** After a success, or when a person asks for an attempt now. */
export async function resetState() {
  await chrome.storage.local.set({ sender: FRESH });
}
