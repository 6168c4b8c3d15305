// What the options page sets, and the pseudonymous id of this installation.

export async function readSettings() {
  return chrome.storage.local.get({ endpoint: "", apiKey: "" });
}

export async function writeSettings({ endpoint, apiKey }) {
  await chrome.storage.local.set({ endpoint, apiKey });
}

let userId;

/** Made once; concurrent first calls share it. */
export function installationId() {
  userId ??= readOrCreate();
  return userId;
}

async function readOrCreate() {
  const stored = await chrome.storage.local.get("userId");
  if (stored.userId) return stored.userId;
  const created = crypto.randomUUID();
  await chrome.storage.local.set({ userId: created });
  return created;
}
