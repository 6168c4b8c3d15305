// One sentence first, then what can be done, then the events that the server refused.

import { connect } from "./aegis/bridge.js";
import { showRefused } from "./refused_list.js";
import { describe } from "./sentence.js";
import { readSettings } from "./settings.js";

const REFRESH_MS = 500;

const client = connect();
const element = (id) => document.getElementById(id);

function setText(id, text) {
  // A status that is written anew each time would be read aloud each time.
  if (element(id).textContent !== text) element(id).textContent = text;
}

async function refresh() {
  const [status, refused, settings] = await Promise.all([
    client.status(),
    client.refused(),
    readSettings(),
  ]);
  const host = URL.canParse(settings.endpoint) ? new URL(settings.endpoint).host : "the server";
  const { text, tone, action } = describe(status, { now: Date.now(), host });
  setText("sentence", text);
  element("sentence").dataset.tone = tone;
  element("open-options").hidden = action !== "options";
  element("send-now").hidden = action !== "send";
  setText("queued", String(status.queued));
  setText("sent", String(status.sent));
  setText("refused-count", String(status.refused));
  showRefused(refused, client);
}

element("open-options").onclick = () => chrome.runtime.openOptionsPage();
element("send-now").onclick = () => client.flush();
element("record-sample").onclick = () => client.record({ signal_type: "sample" });
element("clear").onclick = async () => {
  await client.discardRefused();
  await refresh();
};

refresh();
setInterval(refresh, REFRESH_MS);
