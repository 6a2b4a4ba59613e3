// One chat: what is appended while it is open, copying of code, title, export, deletion.
//
// What is new is heard of by a subscription and fetched as HTML from the server, from the section behind the last that
// is shown on: whatever is lost between, there is no gap and no twin.

import { api } from "./api.js";
import { remove } from "./chats.js";
import { copy, el, run, say, showTimes } from "./page.js";
import { WORDS } from "./words.js";

const acts = document.getElementById("acts");
const sections = document.getElementById("sections");
const contextId = acts.dataset.chat;
let last = Number(acts.dataset.last);
let pulling = null;
let again = false;

function addCopying(root) {
  for (const pre of root.querySelectorAll("figure.code > pre")) {
    const button = el("button", { type: "button", class: "quiet small copy" }, WORDS.copy);
    button.addEventListener("click", () => run(button, () => copy(pre.textContent)));
    pre.parentElement.insertBefore(button, pre);
  }
}

function build(item) {
  const heading = `h${item.seq}`;
  const title = el("h2", { id: heading }, item.origin === "user" ? WORDS.you : WORDS.answer);
  title.append(el("span", { class: "hidden-but-read" }, WORDS.section(item.seq + 1)));
  const when = el("span", { class: "small dim" }, el("time", { datetime: item.created }));
  const members = { class: `said ${item.origin}`, id: `s${item.seq}`, "data-seq": item.seq, "aria-labelledby": heading };
  const made = el("article", members);
  made.innerHTML = item.html; // the server's own, made safe there
  made.prepend(el("header", { class: "spread" }, title, when));
  showTimes(made);
  addCopying(made);
  return made;
}

async function pullAll() {
  let shown = 0;
  do {
    again = false;
    let cursor = "";
    do {
      const asked = { contextId, start: last + 1, limit: 20, ...(cursor && { cursor }) };
      const { items, nextCursor } = await api.ask("vibes.diy.req-show-chat-sections", asked);
      for (const item of items.filter(({ seq }) => seq > last)) {
        sections.append(build(item));
        last = item.seq;
        shown += 1;
      }
      cursor = nextCursor;
    } while (cursor);
  } while (again);
  return shown;
}

async function pull() {
  again = true;
  if (pulling) return;
  const isAtEnd = innerHeight + scrollY >= document.body.scrollHeight - 120;
  pulling = pullAll();
  try {
    const shown = await pulling;
    if (!shown) return;
    document.getElementById("none")?.remove();
    say(WORDS.newSections(shown));
    if (isAtEnd) sections.lastElementChild.scrollIntoView({ block: "start" });
  } catch (error) {
    say(WORDS.failed(error.message), true);
  } finally {
    pulling = null;
  }
}

function toggle(button, form) {
  button.addEventListener("click", () => {
    form.hidden = !form.hidden;
    button.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input, select").focus();
  });
}

const byId = (id) => document.getElementById(id);
const [naming, exporting] = [byId("naming"), byId("exporting")];
toggle(byId("rename"), naming);
toggle(byId("export"), exporting);

naming.addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter, async () => {
    const title = byId("new-title").value;
    const told = await api.ask("vibes.diy.req-set-chat-context", { contextId, title });
    byId("title").textContent = told.title || told.preview || WORDS.noWords;
    naming.hidden = true;
    byId("rename").setAttribute("aria-expanded", "false");
    byId("rename").focus();
    say(WORDS.saved);
  });
});

exporting.addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter, async () => {
    const format = byId("format").value;
    const { content } = await api.ask("vibes.diy.req-export-chat-context", { contextId, format });
    const file = new Blob([JSON.stringify(content, null, 1)], { type: "application/json" });
    const link = el("a", { href: URL.createObjectURL(file), download: `chat-${format}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(WORDS.exported);
  });
});

byId("delete").addEventListener("click", (event) =>
  run(event.currentTarget, async () => {
    end();
    const main = byId("main");
    const place = el("div", { class: "card stack" });
    await remove(contextId, place, () => location.reload());
    main.replaceChildren(el("h1", {}, byId("title").textContent), place, el("p", {}, el("a", { href: "/chats" }, WORDS.allChats)));
    place.querySelector("button").focus();
  }),
);

let end = () => {};
if (!("endsBefore" in acts.dataset)) {
  end = api.follow("vibes.diy.req-subscribe-chat-sections", () => ({ contextId, since: last }), pull, (error) =>
    say(error.message, true),
  );
}
showTimes();
addCopying(document);
acts.hidden = false;
