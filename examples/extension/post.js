// One request, and what its answer means for the batch:
//   { kind: "settled", accepted, rejected }  the server named events, both lists as it sent them
//   { kind: "split", reason }                too large, or one event made all unreadable
//   { kind: "later", reason, retryAfter }    nothing may be assumed stored, try again
//   { kind: "blocked", reason }              no retry helps: settings or server must change

const TIMEOUT_MS = 25_000;

export async function post(batch, { endpoint, apiKey }) {
  if (!endpoint) return { kind: "blocked", reason: "set the endpoint in the options" };
  if (!navigator.onLine) return { kind: "later", reason: "offline" };
  const body = await gzip(`[${batch.map((entry) => entry.body).join(",")}]`);
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        ...(apiKey && { Authorization: `Bearer ${apiKey}` }),
      },
      body,
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await interpret(response);
  } catch (error) {
    // A browser does not tell a refused origin from a server that is down.
    const reason = `no answer (${error.name}): server down, or ${location.origin} not allowed`;
    return { kind: "later", reason };
  }
}

async function gzip(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).blob();
}

async function interpret(response) {
  const { status } = response;
  const answer = await response.json().catch(() => ({})); // a proxy's error page is no JSON
  const reason = `${status} ${answer.code ?? ""}`.trim();
  if (answer.accepted && answer.rejected) return { kind: "settled", ...answer };
  if (status === 413 || answer.code === "malformed_json") return { kind: "split", reason };
  if (response.ok || status === 408 || status === 429 || status >= 500) {
    return { kind: "later", reason, retryAfter: response.headers.get("Retry-After") };
  }
  return { kind: "blocked", reason };
}
