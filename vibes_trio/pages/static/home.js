// The page of my apps: brought up to date whenever something of them changes; what is dropped is deployed.

import { api } from "./api.js";
import { openDrop } from "./drop.js";
import { refresh, soon } from "./live.js";
import { run, say, showTimes } from "./page.js";
import { WORDS } from "./words.js";

showTimes();
openDrop(() => refresh());
const changed = soon(refresh);
api.follow("vibes.diy.req-subscribe-apps", () => ({}), changed);
api.addEventListener("online", changed); // what happened meanwhile nobody tells
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act=undo]");
  if (!button) return;
  run(button, async () => {
    await api.ask("vibes.diy.req-undo-deletion", { deletionId: button.dataset.deletion });
    say(WORDS.isBack);
    await refresh();
  });
});
