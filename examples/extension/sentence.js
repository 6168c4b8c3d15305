// The client's status as one sentence, and what a person can do about it.

/**
 * @param {object} status of the client
 * @param {{ now: number, host: string }} context the time, and the server's host
 * @returns {{ text: string, tone: "good" | "waiting" | "bad", action: "options" | "send" | null }}
 */
export function describe(status, { now, host }) {
  const { state, problem, queued } = status;
  if (state === "stopped" && problem) return stopped(problem);
  if (state === "sending" && queued > 0 && !problem) {
    return waiting(`Sending ${events(queued)}.`, null);
  }
  if (queued > 0 && problem) {
    return waiting(`${delay(problem, host, queued)} ${again(status.nextAttemptAt, now)}`);
  }
  if (queued > 0) return waiting(`${upperFirst(are(queued))} waiting to be sent.`);
  return idle(status, now);
}

function stopped({ code, message }) {
  const texts = {
    not_configured: "Not set up yet: no server is set.",
    invalid_api_key: "The server does not know this API key.",
    missing_credentials: "The server asks for an API key.",
    origin_not_allowed: "The server does not accept this extension yet.",
    not_found: "The server has no such address.",
  };
  const text = texts[code] ?? `Sending has stopped: ${message} (${code}).`;
  return { text, tone: "bad", action: "options" };
}

function delay({ code, status }, host, queued) {
  const texts = {
    offline: `You are offline. ${upperFirst(are(queued))} kept on this device.`,
    unreachable: `Cannot reach ${host}.`,
    timeout: `${host} did not answer in time.`,
    redirected: `${host} sends requests to another address.`,
    unexpected_answer: `${host} does not answer as an Aegis server.`,
    credentials_failed: "You are not signed in.",
  };
  if (status === 429) return "The server asks to slow down.";
  return texts[code] ?? `The server cannot take events now (${code}).`;
}

function again(time, now) {
  const seconds = Math.ceil((time - now) / 1000);
  return seconds > 0 ? `Trying again in ${duration(seconds)}.` : "Trying again now.";
}

function idle({ sent, refused, lastSentAt }, now) {
  const problems = refused > 0 ? ` ${upperFirst(events(refused))} refused.` : "";
  const tone = refused > 0 ? "bad" : "good";
  if (sent === 0) return { text: `No event sent yet.${problems}`, tone, action: null };
  const age = duration(Math.max(0, Math.floor((now - lastSentAt) / 1000)));
  const what = refused > 0 ? upperFirst(events(sent)) : `All ${events(sent)}`;
  return { text: `${what} sent, ${age}\u00a0ago.${problems}`, tone, action: null };
}

function waiting(text, action = "send") {
  return { text, tone: "waiting", action };
}

function events(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "event" : "events"}`;
}

function are(number) {
  return `${events(number)} ${number === 1 ? "is" : "are"}`;
}

function duration(seconds) {
  if (seconds < 60) return `${seconds}\u00a0s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}\u00a0min`;
  return `${Math.round(seconds / 3600)}\u00a0h`;
}

function upperFirst(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
