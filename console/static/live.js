// Elements with data-refresh load their page again and replace themselves, while somebody looks.
const TOO_BUSY = 5;

function schedule(element) {
  const pause = Number(element.dataset.refresh);
  if (pause) setTimeout(() => refresh(element, 0), pause);
}

async function refresh(element, failures) {
  if (document.hidden || element.contains(document.activeElement)) return schedule(element);
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = document.importNode(page.getElementById(element.id), true);
    element.replaceWith(fresh);
    schedule(fresh);
  } catch {
    if (failures < TOO_BUSY) setTimeout(() => refresh(element, failures + 1), 5000);
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = "Copied";
}

document.querySelectorAll("[data-refresh]").forEach(schedule);
document.querySelectorAll("[data-copy]").forEach((button) => {
  button.addEventListener("click", () => copy(button));
});
