// The service worker: one client, which the popup, the options page and content scripts share.

import { serve } from "./aegis/bridge.js";
import { createClient } from "./aegis/index.js";
import { showBadge } from "./badge.js";
import { readSettings } from "./settings.js";

const client = createClient({
  endpoint: async () => (await readSettings()).endpoint,
  credentials: async () => (await readSettings()).apiKey,
  onStatus: showBadge,
});

serve(client);

chrome.storage.onChanged.addListener((changes) => {
  if ("endpoint" in changes || "apiKey" in changes) client.flush();
});
