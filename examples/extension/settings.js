// What the options page sets.

export async function readSettings() {
  return chrome.storage.local.get({ endpoint: "", apiKey: "" });
}

export async function writeSettings({ endpoint, apiKey }) {
  await chrome.storage.local.set({ endpoint, apiKey });
}
