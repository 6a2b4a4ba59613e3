// Brings the parts of a page up to date that say so (`data-live`, with an id): what the server writes anew takes their
// place, so there is one template for both. What somebody has opened, and where the focus is, stays.

import { showTimes } from "./page.js";

const written = new Map();

export async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual" });
  if (!answer.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other && written.get(part.id) !== other.innerHTML) swap(part, other);
  }
  return true;
}

function swap(part, other) {
  written.set(part.id, other.innerHTML);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const open = [...part.querySelectorAll("details[id][open]")].map(({ id }) => id);
  if (focused?.matches("input[type=search], input[type=text], textarea")) return; // somebody types there
  const place = focused && { id: focused.id, act: focused.dataset.act, fs: focused.dataset.fs };
  part.replaceChildren(...document.importNode(other, true).childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  showTimes(part);
  if (place) (find(part, place) ?? document.getElementById("main")).focus();
}

function find(part, { id, act, fs }) {
  if (id) return document.getElementById(id);
  const which = `[data-act="${CSS.escape(act ?? "")}"]${fs ? `[data-fs="${CSS.escape(fs)}"]` : ""}`;
  return act ? part.querySelector(which) : null;
}

// Calls *work* a little after the last of several hints: a deploy tells of itself more than once.
export function soon(work, pauseMs = 250) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, pauseMs);
  };
}
