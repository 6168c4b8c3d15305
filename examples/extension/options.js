// The endpoint and the API key, tested as soon as they are saved.

import { connect } from "./aegis/bridge.js";
import { checkEndpoint } from "./aegis/index.js";
import { readSettings, writeSettings } from "./settings.js";

const element = (id) => document.getElementById(id);
const client = connect();
const line = `ALLOWED_ORIGINS=${location.origin}`;

element("origin").textContent = line;
element("copy-origin").onclick = async () => {
  await navigator.clipboard.writeText(line);
  element("copied").textContent = "Copied.";
};

element("form").onsubmit = async (event) => {
  event.preventDefault();
  const endpoint = element("endpoint").value.trim();
  const problem = checkEndpoint(endpoint);
  element("endpoint").ariaInvalid = String(problem !== null);
  if (problem) {
    show("bad", `Not saved: ${problem.message}.`);
    element("endpoint").focus();
    return;
  }
  await writeSettings({ endpoint, apiKey: element("api-key").value.trim() });
  show("waiting", "Saved. Testing…");
  show(...verdict(await client.probe(), new URL(endpoint)));
};

function verdict({ accepted, problem }, { host, pathname }) {
  if (accepted) return ["good", `Saved. ${host} accepts events from this extension.`];
  const reasons = {
    origin_not_allowed: `${host} does not accept this extension yet: give it the line below`,
    invalid_api_key: `${host} does not know this API key`,
    missing_credentials: `${host} asks for an API key`,
    offline: "the browser is offline",
    not_found: `${host} has no ${pathname}: the address usually ends in /v1/events`,
    unreachable: `cannot reach ${host}`,
    timeout: `${host} did not answer in time`,
  };
  return ["bad", `Saved, but ${reasons[problem.code] ?? `${problem.message} (${problem.code})`}.`];
}

function show(tone, text) {
  element("result").dataset.tone = tone;
  element("result").textContent = text;
}

const saved = await readSettings();
element("endpoint").value ||= saved.endpoint; // what was typed meanwhile stays
element("api-key").value ||= saved.apiKey;
