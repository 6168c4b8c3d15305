// Where events go: an address that a credential may travel to.

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * @param {unknown} address
 * @returns {import("../index.js").Problem | null} what is wrong with it
 */
export function endpointProblem(address) {
  if (typeof address !== "string" || address.trim() === "") {
    return { code: "not_configured", status: null, message: "no endpoint is set" };
  }
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    return invalid("the endpoint must be an address such as https://example.org/v1/events");
  }
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    return invalid("the endpoint must use https: http would show the key to everyone on the way");
  }
  return null;
}

/** @param {string} message */
function invalid(message) {
  return { code: "invalid_endpoint", status: null, message };
}
