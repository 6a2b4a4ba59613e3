// The page of one's own account: each button is a message, and what it changes is shown once it is done.

import { api } from "./api.js";
import { makeKeyFile, download } from "./key_file.js";
import { refresh } from "./live.js";
import { ask, el, run, say, showTimes } from "./page.js";
import { WORDS } from "./words.js";

const at = (id) => document.getElementById(id);
const send = (name, members = {}) => api.ask(`vibes.diy.req-${name}`, members);
const SUGGESTIONS = 5;

const ACTS = {
  async "default-handle"({ handle }) {
    await send("ensure-user-settings", { settings: [{ type: "defaultHandle", ownerHandle: handle }] });
    return WORDS.saved;
  },
  async "delete-handle"({ handle }) {
    const { apps, releases } = await send("delete-user-slug-binding", { ownerHandle: handle, dryRun: true });
    if (!(await ask(WORDS.sureHandle(handle, apps, releases), WORDS.deleteHandle))) return undefined;
    await send("delete-user-slug-binding", { ownerHandle: handle });
    return WORDS.handleDeleted(handle);
  },
  async "end-session"({ session, current }) {
    if (current !== undefined) return document.querySelector(".who").requestSubmit();
    await send("revoke-session", { sessionId: session });
    return WORDS.sessionEnded(1);
  },
  async "end-others"() {
    const { revoked } = await send("revoke-session");
    return WORDS.sessionEnded(revoked);
  },
  async "remove-passkey"({ passkey }) {
    if (!(await ask(WORDS.surePasskey, WORDS.removeIt))) return undefined;
    await send("remove-passkey", { passkeyId: passkey });
    return WORDS.passkeyRemoved;
  },
  async "revoke-device"({ serial }) {
    if (!(await ask(WORDS.sureDevice, WORDS.revokeIt))) return undefined;
    await send("revoke-device", { serial });
    return WORDS.deviceRevoked;
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button || !(button.dataset.act in ACTS)) return;
  run(button, async () => {
    const words = await ACTS[button.dataset.act](button.dataset);
    if (words) await done(words);
  });
});

async function done(words) {
  await refresh();
  showTimes();
  say(words);
}

function onSubmit(id, work) {
  at(id).addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.submitter ?? at(id).querySelector("button"), async () => {
      const words = await work(at(id).elements);
      if (words) await done(words);
    });
  });
}

onSubmit("take-handle", async ({ handle }) => {
  try {
    const taken = await send("create-user-slug-binding", handle.value ? { ownerHandle: handle.value } : {});
    handle.value = "";
    at("suggested").hidden = true;
    return WORDS.handleTaken(taken.ownerHandle);
  } catch (error) {
    if (error.code === "slug-taken") await suggest(handle);
    throw error;
  }
});

async function suggest(input) {
  const { ranked } = await send("suggest-handle-candidates", { count: SUGGESTIONS });
  const take = (name) => el("button", { type: "button", class: "quiet small", onclick: () => (input.value = name) }, name);
  at("suggested").replaceChildren(el("span", { class: "dim" }, WORDS.free), ...ranked.map(take));
  at("suggested").hidden = false;
}

onSubmit("new-device", async ({ name }) => {
  if (!window.isSecureContext) throw new Error(WORDS.needsSecure);
  download(`${name.value.replace(/[^\w.-]+/g, "-")}.json`, await makeKeyFile(name.value, (csr) => api.ask("reqCertFromCsr", { csr })));
  return WORDS.keyFileMade;
});

// -- passkeys ---------------------------------------------------------------------------------------------

const knows = window.PublicKeyCredential?.parseCreationOptionsFromJSON !== undefined;
const canAdd = knows && location.origin === at("add-passkey").dataset.origin;
at("add-passkey").hidden = !canAdd;
at("no-passkeys").hidden = canAdd;

onSubmit("add-passkey", async ({ name }) => {
  const { options } = await send("passkey-options");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const made = await navigator.credentials.create({ publicKey });
  await send("add-passkey", { credential: JSON.stringify(made.toJSON()), name: name.value });
  name.value = "";
  return WORDS.passkeyAdded;
});

showTimes();
