// Wake-ups: an alarm outlives the service worker but takes 30 s or more, a timer is exact but ends
// with the worker. Short waits use both; where there are no alarms, as in a page, the timer alone.
// https://developer.chrome.com/docs/extensions/reference/api/alarms

const MIN_ALARM_MS = 30_000;
const MAX_TIMER_MS = 24 * 60 * 60_000;

export class Wake {
  #alarms = globalThis.chrome?.alarms;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #name;
  #action;

  /** @param {string} name of the alarm @param {() => void} action */
  constructor(name, action) {
    this.#name = name;
    this.#action = action;
    this.#alarms?.onAlarm.addListener((alarm) => {
      if (alarm.name === name) action();
    });
  }

  /** Act at `time`, or as soon as alarms allow, even if the worker ends before.
   * @param {number} [time] Unix milliseconds */
  async setAlarm(time = 0) {
    await this.#alarms?.create(this.#name, { when: Math.max(time, Date.now() + MIN_ALARM_MS) });
  }

  /** Act at `time` exactly if this context lives that long; the alarm comes in any case.
   * @param {number} time Unix milliseconds */
  async at(time) {
    clearTimeout(this.#timer);
    const wait = Math.max(time - Date.now(), 0);
    if (!this.#alarms || wait < MIN_ALARM_MS) {
      this.#timer = setTimeout(this.#action, Math.min(wait, MAX_TIMER_MS));
    }
    await this.setAlarm(time);
  }

  cancelTimer() {
    clearTimeout(this.#timer);
  }
}
