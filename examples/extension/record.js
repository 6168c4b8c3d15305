// From what happened to a queued event that keeps its id for its whole life.

import { append } from "./event_queue.js";
import { flush } from "./sender.js";
import { installationId } from "./settings.js";
import { uuid7 } from "./uuid7.js";
import { setAlarm } from "./wake.js";

/**
 * Keep an event and start sending. The caller's fields win over the defaults.
 * Resolves to its event_id once it is on disk.
 */
export async function record(event) {
  const complete = {
    event_id: uuid7(),
    user_id: await installationId(),
    timestamp: new Date().toISOString(),
    source_platform: "chrome_extension",
    ...event,
  };
  await setAlarm(); // first, so that no event is ever on disk without a wake-up to come
  await append(complete.event_id, JSON.stringify(complete));
  flush();
  return complete.event_id;
}
