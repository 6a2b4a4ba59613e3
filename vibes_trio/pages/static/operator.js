// The figures of the server are looked at anew while the page is seen; nothing in them can have the focus meanwhile.

import { showTimes } from "./page.js";

const LOOK_MS = 10_000;

async function lookAnew() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("now");
  const now = document.getElementById("now");
  if (!fresh || now.contains(document.activeElement)) return;
  now.replaceChildren(...fresh.childNodes);
  showTimes(now);
}

showTimes();
if (document.getElementById("now")) setInterval(lookAnew, LOOK_MS);
