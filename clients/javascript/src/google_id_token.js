// Google ID tokens through chrome.identity, for a server with AUTH_MODE=google_id_token.
// https://developers.google.com/identity/openid-connect/openid-connect#authenticationuriparameters

const AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth";
const EARLY_MS = 60_000;

/** @param {import("./google.js").GoogleOptions} options @returns {import("./google.js").GoogleCredentials} */
export function googleIdToken({ clientId, interactive = false }) {
  let token = "";
  const current = async (/** @type {string | undefined} */ rejected) => {
    if (token === "" || token === rejected || expiresAt(token) - EARLY_MS < Date.now()) {
      token = await fetchToken(clientId, interactive);
    }
    return token;
  };
  return Object.assign(current, { subject: async () => String(claims(await current(undefined)).sub) });
}

/** @param {string} clientId @param {boolean} interactive */
async function fetchToken(clientId, interactive) {
  const { identity } = globalThis.chrome;
  const nonce = crypto.randomUUID();
  const url = new URL(AUTHORIZE);
  url.search = String(new URLSearchParams({
    client_id: clientId,
    response_type: "id_token",
    redirect_uri: identity.getRedirectURL(),
    scope: "openid",
    nonce,
    ...(interactive ? {} : { prompt: "none" }),
  }));
  const answered = await identity.launchWebAuthFlow({ url: url.href, interactive });
  const token = new URLSearchParams(new URL(answered ?? "about:blank").hash.slice(1)).get("id_token");
  // The nonce ties the answer to this request: another page cannot hand us a token of its own.
  if (!token || claims(token).nonce !== nonce) throw new Error("Google gave no ID token");
  return token;
}

/** @param {string} token */
function expiresAt(token) {
  return Number(claims(token).exp) * 1_000;
}

/** The server verifies the signature; here the claims are only read.
 * @param {string} token @returns {Record<string, unknown>} */
function claims(token) {
  const payload = token.split(".")[1] ?? "";
  const bytes = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
}
