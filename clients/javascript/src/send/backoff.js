// How long to wait before the next attempt, in milliseconds.

const FIRST_MS = 1_000;
const MAX_BACKOFF_MS = 5 * 60_000;
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** No wait is longer: a later time comes from a clock that was set back meanwhile. */
export const LONGEST_WAIT_MS = MAX_BACKOFF_MS + MAX_RETRY_AFTER_MS;

/**
 * Exponential with full jitter, on top of what the server asked for
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param {number} failures in a row, at least 1
 * @param {string | null} [retryAfter] the header
 */
export function pause(failures, retryAfter) {
  const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_MS * 2 ** (failures - 1));
  return parseRetryAfter(retryAfter) + Math.random() * ceiling;
}

/**
 * Seconds, or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after); else 0.
 * @param {string | null} [header]
 */
function parseRetryAfter(header) {
  if (!header) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Math.min(Math.max(wait || 0, 0), MAX_RETRY_AFTER_MS);
}
