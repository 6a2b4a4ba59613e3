// Who may sign in: roles, and invitations of others.

import { api } from "./api.js";
import { ask, copy, el, run, say, showTimes } from "./page.js";
import { WORDS } from "./words.js";

const byId = (id) => document.getElementById(id);

for (const button of document.querySelectorAll("[data-role]")) {
  const { user: userId, name } = button.closest("tr").dataset;
  button.hidden = false;
  button.addEventListener("click", () =>
    run(button, async () => {
      const role = button.dataset.role;
      if (!(await ask(WORDS.changeRole(name, role), WORDS.change))) return;
      await api.ask("vibes.diy.req-set-user-role", { userId, role });
      location.reload();
    }),
  );
}

for (const button of document.querySelectorAll("[data-revoke]")) {
  const row = button.closest("li");
  button.hidden = false;
  button.addEventListener("click", () =>
    run(button, async () => {
      await api.ask("vibes.diy.req-revoke-user-invite", { inviteId: row.dataset.invite });
      row.replaceChildren(el("span", { tabindex: "-1" }, WORDS.inviteRevoked));
      row.firstChild.focus();
    }),
  );
}

byId("invite").hidden = false;
byId("invite").addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter, async () => {
    const [name, email, role] = ["name", "email", "role"].map((id) => byId(id).value.trim());
    const { url } = await api.ask("vibes.diy.req-create-user-invite", { name, email, role });
    byId("link").value = url;
    byId("made").hidden = false;
    byId("link").focus();
    byId("link").select();
    say(WORDS.invited);
  });
});
byId("copy-link").addEventListener("click", (event) => run(event.currentTarget, () => copy(byId("link").value)));
showTimes();
