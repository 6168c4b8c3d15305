// Refused events: when, which kind, the server's words; copied, corrected and sent again.

const list = document.getElementById("refused-list");
const section = document.getElementById("refused");

/** Newest first; an entry that is there already stays, with what a person is typing in it. */
export function showRefused(refused, client) {
  section.hidden = refused.length === 0;
  const present = new Map([...list.children].map((item) => [Number(item.dataset.id), item]));
  const wanted = refused.toReversed().map((each) => present.get(each.id) ?? entry(each, client));
  const changed = wanted.length !== list.children.length
    || wanted.some((item, index) => item !== list.children[index]);
  if (changed) list.replaceChildren(...wanted);
}

function entry({ id, event, errors, refusedAt }, client) {
  const item = create("li");
  item.dataset.id = id;
  const time = create("time", new Date(refusedAt).toLocaleTimeString());
  time.dateTime = new Date(refusedAt).toISOString();
  const heading = create("h3");
  heading.append(create("code", String(event.signal_type ?? "no signal_type")), " ", time);
  item.append(heading, reasons(errors), editor(id, event, client));
  return item;
}

function reasons(errors) {
  const lines = create("ul");
  lines.append(...errors.map(({ code, path, message }) => {
    const line = create("li", path ? `${path} ${message}` : message);
    line.append(" ", create("code", code));
    return line;
  }));
  return lines;
}

function editor(id, event, client) {
  const details = create("details");
  const text = create("textarea", JSON.stringify(event, null, 2));
  text.rows = 8;
  text.spellcheck = false;
  text.setAttribute("aria-label", "The event as JSON");
  const outcome = create("p");
  outcome.setAttribute("role", "status");
  const retry = button("Send again", async () => {
    outcome.textContent = await sendAgain(id, text.value, client);
  });
  const buttons = create("div");
  buttons.className = "actions";
  buttons.append(retry, button("Copy", async () => {
    await navigator.clipboard.writeText(text.value);
    outcome.textContent = "Copied.";
  }), button("Remove", () => client.discardRefused([id])));
  details.append(create("summary", "Edit, copy or remove"), text, buttons, outcome);
  return details;
}

async function sendAgain(id, text, client) {
  try {
    await client.retry(id, JSON.parse(text));
    return "Queued.";
  } catch (error) {
    return error instanceof SyntaxError ? `This is no JSON: ${error.message}` : error.message;
  }
}

function create(name, text = "") {
  const created = document.createElement(name);
  created.textContent = text;
  return created;
}

function button(label, action) {
  const created = create("button", label);
  created.onclick = action;
  return created;
}
