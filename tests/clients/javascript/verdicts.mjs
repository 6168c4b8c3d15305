// Reads lines of {"now": milliseconds, "body": base64}. Writes {"errors", "sent"} for each: what the
// client finds wrong, and the text that it would send; null if no JavaScript value is those bytes.

import { createInterface } from "node:readline";
import { check } from "../../../clients/javascript/src/check/check.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parsed(body) {
  try {
    return { document: JSON.parse(utf8.decode(Buffer.from(body, "base64"))) };
  } catch {
    return null;
  }
}

function text(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return ""; // nested beyond what this engine writes
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { now, body } = JSON.parse(line);
  const value = parsed(body);
  const answer = value && { errors: check(value.document, now), sent: text(value.document) };
  console.log(JSON.stringify(answer));
}
