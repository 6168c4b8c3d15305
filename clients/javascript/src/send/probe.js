// Whether the server would take our events, without sending one.

import { post } from "./post.js";

/**
 * An empty list is refused as such only after origin and credentials were accepted.
 * @param {import("./post.js").Target} target
 * @returns {Promise<import("../index.js").ProbeResult>}
 */
export async function probe(target) {
  const outcome = await post([], target);
  if (outcome.outcome === "settled") {
    const message = "the answer names events although none was sent";
    return { accepted: false, problem: { code: "unexpected_answer", status: 202, message } };
  }
  if (outcome.problem.code === "no_events") return { accepted: true, problem: null };
  return { accepted: false, problem: outcome.problem };
}
