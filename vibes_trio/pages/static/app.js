// The page of an app: each button is a message, and what it changes is shown once it is done.

import { api } from "./api.js";
import { openDrop } from "./drop.js";
import { refresh, soon } from "./live.js";
import { ask, copy, el, run, say, showTimes } from "./page.js";
import { WORDS } from "./words.js";

const { handle, slug } = document.getElementById("app").dataset;
const named = { ownerHandle: handle, appSlug: slug };
const DAY_S = 86_400;
const BUILD_LOOK_MS = 1500;
let leaves = false; // the page is no more: another comes
const at = (id) => document.getElementById(id);
const send = (name, members = {}) => api.ask(`vibes.diy.req-${name}`, { ...named, ...members });

async function look() {
  if (!leaves) await refresh();
}

// -- what buttons do --

const ACTS = {
  copy: ({ text }) => copy(text),
  async publish({ fs, seq }) {
    await send("publish-app", { fsId: fs });
    return WORDS.published(seq);
  },
  async "take-down"() {
    await send("set-unpublish", { unpublish: true });
    offer(WORDS.takenDown, () => send("set-unpublish", { unpublish: false }));
  },
  async "bring-back"() {
    await send("set-unpublish", { unpublish: false });
    at("undo").hidden = true;
    return WORDS.isBack;
  },
  async "delete-release"({ fs, seq }) {
    const gone = await send("delete-release", { fsId: fs });
    offer(WORDS.releaseDeleted(seq), () => undo(gone));
  },
  async "delete-app"() {
    const { releases } = await send("delete-app", { dryRun: true });
    if (!(await ask(WORDS.sureDelete(slug, releases), WORDS.deleteIt))) return;
    leaves = true;
    await send("delete-app");
    location.assign(`/?deleted=${encodeURIComponent(slug)}`);
  },
  async "clear-errors"() {
    await send("clear-page-errors");
    return WORDS.forgotten;
  },
  async invite() {
    const made = await send("create-invite", { role: at("invite-role").value });
    give(WORDS.invitation(made.role), `${location.origin}/join#${made.tokenOrGrantUserId}`);
  },
  "revoke-invite": ({ key }) => send("revoke-invite", { emailKey: key, delete: true }),
  approve: ({ who }) => send("approve-request", { foreignUserId: who, role: "viewer" }),
  refuse: ({ who }) => send("revoke-request", { foreignUserId: who, delete: true }),
  async "share-link"() {
    const made = await send("create-share-link", { validS: Number(at("link-days").value) * DAY_S });
    give(WORDS.shareLink(new Date(made.expires).toLocaleDateString()), made.url);
  },
  "revoke-link": ({ link }) => send("revoke-share-link", { linkId: link }),
  async fork() {
    const made = await api.ask("vibes.diy.req-fork-app", { srcOwnerHandle: handle, srcAppSlug: slug, skipChat: true });
    location.assign(`/apps/${made.ownerHandle}/${made.appSlug}`);
  },
};

const CHANGES = {
  visibility: ({ value }) => send("ensure-app-settings", { visibility: value }),
  requests: ({ checked }) => send("ensure-app-settings", { request: { enable: checked } }),
  "invite-role": ({ value, dataset }) => send("invite-set-role", { emailKey: dataset.key, role: value }),
};

function undo({ deletionId }) {
  return api.ask("vibes.diy.req-undo-deletion", { deletionId });
}

async function act(button, work) {
  await run(button, async () => {
    const words = await work();
    if (typeof words === "string") say(words);
    await look();
  });
}

function offer(words, back) {
  const region = at("undo");
  const button = el("button", { class: "quiet small", type: "button" }, WORDS.undo);
  button.addEventListener("click", () =>
    act(button, async () => {
      await back();
      region.hidden = true;
      return WORDS.isBack;
    }),
  );
  region.replaceChildren(el("p", { class: "notice row" }, words, button));
  region.hidden = false;
  region.focus();
}

function give(words, address) {
  const region = at("made");
  const field = el("input", { readonly: true, value: address, id: "made-link", "aria-label": words });
  const button = el("button", { class: "quiet small", type: "button", onclick: () => copy(address) }, WORDS.copy);
  region.replaceChildren(el("div", { class: "notice ok stack" }, el("p", {}, words), el("div", { class: "row" }, field, button)));
  region.hidden = false;
  field.focus();
  field.select();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) act(button, () => ACTS[button.dataset.act](button.dataset));
});
document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-change]");
  if (field) act(field, async () => (await CHANGES[field.dataset.change](field)) && WORDS.saved);
});

// -- forms --

at("settings")?.addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.submitter ?? at("settings").querySelector("button"), async () => {
    await send("ensure-app-settings", { title: at("app-title").value.trim(), env: readEnv(at("app-env").value) });
    return WORDS.saved;
  });
});

function readEnv(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const [, key, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(line) ?? [];
    if (!key) throw new Error(WORDS.noPair(line.slice(0, 60)));
    return { key, value };
  });
}

at("rename")?.addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter ?? at("rename").querySelector("button"), async () => {
    const made = await send("rename-app", { newAppSlug: at("new-slug").value.trim() });
    location.assign(`/apps/${made.ownerHandle}/${made.appSlug}`);
  });
});

// -- up to date --

showTimes();
openDrop(look);
const changed = soon(look);
let isFirst = true;
api.follow("vibes.diy.req-subscribe-releases", () => named, () => {
  if (!isFirst) changed();
  isFirst = false; // it says how it is now, as the page does
});
api.addEventListener("online", changed);
setInterval(() => document.querySelector("[data-building]") && document.visibilityState === "visible" && look(), BUILD_LOOK_MS);
