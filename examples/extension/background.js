// The service worker: everything that can wake it, and what each does.

import { record } from "./record.js";
import { flush, resume } from "./sender.js";

const ACTIONS = {
  record: (message) => record(message.event),
  send_now: () => resume(),
};

chrome.runtime.onMessage.addListener((message, _sender, respond) => {
  const action = ACTIONS[message?.type];
  if (!action) return false;
  action(message).then(
    (result) => respond({ result }),
    (error) => respond({ error: String(error) }),
  );
  return true; // keeps the channel open until the answer
});

chrome.alarms.onAlarm.addListener(flush);
chrome.runtime.onInstalled.addListener(resume);
chrome.runtime.onStartup.addListener(resume);
chrome.storage.onChanged.addListener((changes) => {
  if ("endpoint" in changes || "apiKey" in changes) resume();
});
self.addEventListener("online", resume);

flush();
