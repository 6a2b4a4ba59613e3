// What the scripts of all pages share: say something, ask whether to go on, build elements without any HTML text.

import { api } from "./api.js";
import { WORDS } from "./words.js";

const SHOWN_MS = 6000;
const NEAR_MS = 2 * 86_400_000;
const OF_MEMBER = /^[a-z]+(?:[A-Z][a-z]*)+: /;

// A link that is dropped here would be opened by the browser: only fields take what is dropped, and who asks for it later.
for (const type of ["dragover", "drop"]) {
  addEventListener(type, (event) => {
    if (event.target.closest?.("input, textarea")) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
  });
}

// An element: `el("a", { href: "/" }, "Home")`. Strings become text, never HTML; `on…` members are listeners.
export function el(name, members = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(members)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

// A refusal without the member's name, which programs know.
export const plain = (words) => words.replace(OF_MEMBER, "");

export function say(words, bad = false) {
  const line = el("p", bad ? { class: "bad" } : {}, words);
  document.getElementById("told").append(line);
  setTimeout(() => line.remove(), SHOWN_MS);
}

export async function run(button, work) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } catch (error) {
    say(WORDS.failed(plain(error.message)), true);
    return undefined;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// Asks in a dialog; resolves with whether to go on. `go` is what the button says.
export function ask(words, go) {
  return new Promise((resolve) => {
    const yes = el("button", { value: "yes", class: "danger" }, go);
    const no = el("button", { value: "", class: "quiet", autofocus: true }, "Cancel");
    const text = el("p", { id: "asked" }, words);
    const form = el("form", { method: "dialog", class: "stack" }, text, el("div", { class: "row" }, no, yes));
    const dialog = el("dialog", { "aria-labelledby": "asked" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  say(WORDS.copied);
}

// Times as the visitor's own clock has them: `<time datetime=…>` are written by the server in UTC. These days' have the hour.
export function showTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const when = new Date(time.dateTime);
    const isNear = Math.abs(when - Date.now()) < NEAR_MS;
    time.title = when.toLocaleString();
    time.textContent = when.toLocaleString(undefined, { dateStyle: "medium", ...(isNear && { timeStyle: "short" }) });
  }
}

api.addEventListener("offline", () => say(WORDS.offline, true));
api.addEventListener("online", () => say(WORDS.online));
api.addEventListener("signed-out", () => {
  say(WORDS.signedOut, true);
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
});
