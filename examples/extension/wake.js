// Wake-ups: an alarm outlives the service worker but takes 30 s or more, a timer is exact but
// ends with the worker. Short waits use both.

const MIN_ALARM_MS = 30_000;

let timer;

/** Fire the alarm at `time` (Unix milliseconds), or as soon as alarms allow. */
export async function setAlarm(time = 0) {
  await chrome.alarms.create("send", { when: Math.max(time, Date.now() + MIN_ALARM_MS) });
}

/** Call `action` at `time` if the worker lives that long; the alarm comes in any case. */
export async function wakeAt(time, action) {
  clearTimeout(timer);
  const wait = time - Date.now();
  if (wait < MIN_ALARM_MS) timer = setTimeout(action, Math.max(wait, 0));
  await setAlarm(time);
}
