// One request, and what its answer means for the batch.

import { endpointProblem } from "./endpoint.js";

const TIMEOUT_MS = 25_000; // an idle service worker ends after 30 s
// A page that closes finishes a keepalive request, if all of them together hold at most 64 KiB:
// https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
const MAX_KEEPALIVE_BYTES = 60 * 1024;

/**
 * @typedef {import("../index.js").Problem} Problem
 * @typedef {{ index: number, event_id: string }} Accepted
 * @typedef {{ index: number, errors: import("../index.js").EventError[] }} Rejected
 * @typedef {{ endpoint: () => string | Promise<string>,
 *   credentials: (rejected?: string) => string | Promise<string> }} Target
 * @typedef {{ outcome: "settled", accepted: Accepted[], rejected: Rejected[] }} Settled
 *   the server named events
 * @typedef {{ outcome: "split", problem: Problem }} Split too large, or one event spoils all
 * @typedef {{ outcome: "later", problem: Problem, retryAfter?: string | null }} Later
 *   nothing may be assumed stored: try again
 * @typedef {{ outcome: "stopped", problem: Problem }} Stopped
 *   no retry helps: the settings or the server must change
 * @typedef {Settled | Split | Later | Stopped} Outcome
 */

/**
 * @param {readonly string[]} bodies the events' JSON texts
 * @param {Target} target
 * @returns {Promise<Outcome>}
 */
export async function post(bodies, target) {
  const endpoint = await target.endpoint();
  const problem = endpointProblem(endpoint);
  if (problem) return { outcome: "stopped", problem };
  if (!navigator.onLine) return later("offline", null, "the browser is offline");
  const body = await gzip(`[${bodies.join(",")}]`);
  try {
    return await interpret(await sendAuthorized(endpoint, body, target));
  } catch (error) {
    return failed(error, endpoint);
  }
}

/** Credentials that the server does not take are asked for once more.
 * @param {string} endpoint @param {Blob} body @param {Target} target */
async function sendAuthorized(endpoint, body, { credentials }) {
  const first = await credential(credentials);
  const response = await send(endpoint, body, first);
  if (response.status !== 401) return response;
  const second = await credential(credentials, first);
  return second === first ? response : send(endpoint, body, second);
}

class CredentialsFailed extends Error {}

/** @param {Target["credentials"]} credentials @param {string} [rejected] */
async function credential(credentials, rejected) {
  try {
    return await credentials(rejected);
  } catch (error) {
    throw new CredentialsFailed(String(error));
  }
}

/** @param {string} endpoint @param {Blob} body @param {string} token */
function send(endpoint, body, token) {
  return fetch(endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Content-Encoding": "gzip",
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body,
    credentials: "omit",
    redirect: "manual", // another address must not get the key
    keepalive: typeof document !== "undefined" && body.size <= MAX_KEEPALIVE_BYTES,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/** @param {string} text */
async function gzip(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).blob();
}

/** @param {Response} response @returns {Promise<Outcome>} */
async function interpret(response) {
  if (response.type === "opaqueredirect") {
    return later("redirected", null, "the endpoint redirects elsewhere: set its final address");
  }
  const { status } = response;
  const answer = await response.json().catch(() => null); // a proxy's error page is no JSON
  if (Array.isArray(answer?.accepted) && Array.isArray(answer?.rejected)) {
    return { outcome: "settled", accepted: answer.accepted, rejected: answer.rejected };
  }
  const problem = problemOf(status, answer);
  if (status === 413 || problem.code === "malformed_json") return { outcome: "split", problem };
  if (response.ok || status === 408 || status === 429 || status >= 500) {
    return { outcome: "later", problem, retryAfter: response.headers.get("Retry-After") };
  }
  return { outcome: "stopped", problem };
}

/** @param {number} status @param {any} answer @returns {Problem} */
function problemOf(status, answer) {
  if (typeof answer?.code === "string") {
    return { code: answer.code, status, message: String(answer.detail ?? "") };
  }
  const message = `the answer (status ${status}) is not from an Aegis server`;
  return { code: "unexpected_answer", status, message };
}

/** @param {unknown} error @param {string} endpoint @returns {Outcome} */
function failed(error, endpoint) {
  const { host } = new URL(endpoint);
  if (error instanceof CredentialsFailed) {
    return later("credentials_failed", null, `no credentials: ${error.message}`);
  }
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return later("timeout", null, `${host} did not answer in time`);
  }
  if (error instanceof TypeError) return later("unreachable", null, `cannot reach ${host}`);
  throw error;
}

/** @param {string} code @param {number | null} status @param {string} message
 * @returns {Later} */
function later(code, status, message) {
  return { outcome: "later", problem: { code, status, message } };
}
