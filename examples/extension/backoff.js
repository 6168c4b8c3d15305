// How long to wait before the next attempt, in milliseconds.

const FIRST_MS = 1_000;
const MAX_BACKOFF_MS = 5 * 60_000;
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** Exponential with full jitter, on top of what the server asked for. */
export function pause(failures, retryAfter) {
  const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_MS * 2 ** (failures - 1));
  return parseRetryAfter(retryAfter) + Math.random() * ceiling;
}

/** The header in seconds or as a date (RFC 9110); 0 when absent or neither. */
function parseRetryAfter(header) {
  if (!header) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Math.min(Math.max(wait || 0, 0), MAX_RETRY_AFTER_MS);
}
