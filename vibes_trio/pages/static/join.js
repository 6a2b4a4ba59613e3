// Takes an invitation. Its secret stands behind the `#`; who has to sign in first keeps it in this tab meanwhile.

import { api } from "./api.js";
import { run } from "./page.js";
import { WORDS } from "./words.js";

const KEY = "vibes-invitation";
const [, given] = /^#([1-9A-HJ-NP-Za-km-z]{8,100})$/.exec(location.hash) ?? [];
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem(KEY);
const button = document.getElementById("join");
const trouble = document.getElementById("trouble");

function tell(words) {
  trouble.textContent = words;
  trouble.hidden = false;
}

if (!token) {
  tell(WORDS.noInvitation);
  if (button) button.hidden = true;
}
button?.addEventListener("click", () =>
  run(button, async () => {
    try {
      const taken = await api.ask("vibes.diy.req-redeem-invite", { token });
      sessionStorage.removeItem(KEY);
      location.assign(`/apps/${taken.ownerHandle}/${taken.appSlug}`);
    } catch (error) {
      tell(error.message);
    }
  }),
);
