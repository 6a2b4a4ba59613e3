// Asks the owner of an app, which may be there, to be let in.

import { api } from "./api.js";
import { run } from "./page.js";
import { WORDS } from "./words.js";

const form = document.getElementById("ask");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  run(button, async () => {
    const { app, owner } = form.dataset;
    const reply = await api.ask("vibes.diy.req-request-access", { ownerHandle: owner, appSlug: app });
    document.getElementById("asked").textContent = reply.state === "approved" ? WORDS.letIn : WORDS.asked;
    button.disabled = true;
  });
});
