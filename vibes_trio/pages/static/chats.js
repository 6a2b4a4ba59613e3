// The list of chats: delete and restore where they stand.

import { api } from "./api.js";
import { el, run, say, showTimes } from "./page.js";
import { WORDS } from "./words.js";

showTimes();

export async function restore(contextId) {
  await api.ask("vibes.diy.req-restore-chat-context", { contextId });
  say(WORDS.chatRestored);
}

// Deletes a chat; puts what undoes that into `place`, and `back()` is called once it is undone.
export async function remove(contextId, place, back) {
  const { restorableUntil } = await api.ask("vibes.diy.req-delete-chat-context", { contextId });
  const undo = el("button", { type: "button", class: "quiet small" }, WORDS.undo);
  undo.addEventListener("click", () => run(undo, async () => (await restore(contextId), back())));
  const until = new Date(restorableUntil).toLocaleDateString(undefined, { dateStyle: "medium" });
  place.replaceChildren(el("p", { role: "status" }, WORDS.chatDeleted(until)), undo);
  undo.focus();
}

for (const row of document.querySelectorAll(".chat-row")) {
  const contextId = row.dataset.chat;
  const gone = row.querySelector("[data-delete]");
  const deleted = row.querySelector("[data-restore]");
  for (const button of [gone, deleted]) if (button) button.hidden = false;
  gone?.addEventListener("click", () =>
    run(gone, () => {
      const before = [...row.childNodes];
      return remove(contextId, row, () => {
        row.replaceChildren(...before);
        gone.focus();
      });
    }),
  );
  deleted?.addEventListener("click", () =>
    run(deleted, async () => {
      await restore(contextId);
      const link = el("a", { class: "strong", href: `/chats/${encodeURIComponent(contextId)}` }, WORDS.openChat);
      row.replaceChildren(el("p", {}, WORDS.chatRestored), link);
      link.focus();
    }),
  );
}
