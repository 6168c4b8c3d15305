// Counts, the last error, and the events that the server refused.

import { summary } from "./event_queue.js";
import { readState } from "./sender_state.js";

const REFRESH_MS = 500;

function show(id, text) {
  document.getElementById(id).textContent = text;
}

function describe({ eventId, errors }) {
  const item = document.createElement("li");
  const reasons = errors.map(({ code, path }) => `${code} ${path}`.trim());
  item.textContent = `${eventId}: ${reasons.join(", ")}`;
  return item;
}

function nextAttempt({ blocked, notBefore }, queued) {
  if (blocked) return "stopped: change the options, or send now";
  if (queued === 0) return "none needed";
  return new Date(Math.max(notBefore, Date.now())).toLocaleTimeString();
}

async function refresh() {
  const [counts, state] = await Promise.all([summary(), readState()]);
  show("queued", counts.queued);
  show("sent", counts.sent);
  show("refused", counts.refused);
  show("last-error", state.lastError || "none");
  show("next-attempt", nextAttempt(state, counts.queued));
  document.getElementById("kept").replaceChildren(...counts.kept.map(describe));
}

document.getElementById("send-now").onclick = () =>
  chrome.runtime.sendMessage({ type: "send_now" });
document.getElementById("record-sample").onclick = () =>
  chrome.runtime.sendMessage({ type: "record", event: { signal_type: "sample" } });

refresh();
setInterval(refresh, REFRESH_MS);
