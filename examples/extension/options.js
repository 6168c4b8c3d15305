// The endpoint and the API key; saving them makes the service worker try at once.

import { readSettings, writeSettings } from "./settings.js";

const endpoint = document.getElementById("endpoint");
const apiKey = document.getElementById("api-key");

document.getElementById("origin").textContent = location.origin;

document.getElementById("form").onsubmit = async (event) => {
  event.preventDefault();
  await writeSettings({ endpoint: endpoint.value.trim(), apiKey: apiKey.value.trim() });
  document.getElementById("status").textContent = "Saved";
};

const saved = await readSettings();
endpoint.value = saved.endpoint;
apiKey.value = saved.apiKey;
