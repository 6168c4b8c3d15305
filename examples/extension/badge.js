// What the toolbar shows without a click: "!" where a person must act, else how many events wait.

const RED = "#b3261e";
const GREY = "#5f6368";

export async function showBadge({ state, queued, problem }) {
  const needsAction = state === "stopped" && problem !== null;
  const waits = state !== "idle" && queued > 0;
  await chrome.action.setBadgeText({ text: needsAction ? "!" : waits ? short(queued) : "" });
  await chrome.action.setBadgeTextColor({ color: "#ffffff" });
  await chrome.action.setBadgeBackgroundColor({ color: needsAction ? RED : GREY });
}

/** A badge has room for four characters. */
function short(number) {
  return number < 1000 ? String(number) : `${Math.min(Math.floor(number / 1000), 999)}k`;
}
