// The page round an app. It and the app in the frame greet each other by postMessage: each names the exact origin of the
// other, and looks at origin and window of what comes. The app gets a token for itself and this visitor, never the session.
// What it asks beside that (`RPC`) is answered here; what needs data of apps is not here yet, and says so.

import { api } from "./api.js";
import { copy, el, run, say } from "./page.js";
import { WORDS } from "./words.js";

const RENEW_AT = 0.8; // of the time for which a token counts
const RETRY_MS = 5_000;
const MAX_ANSWERS = 100; // in each ANSWERS_MS: who asks more is told to wait
const ANSWERS_MS = 1_000;
const MAX_STATE_CHARS = 2_000;
const MAX_NAME_CHARS = 200;

const round = document.getElementById("round");
const { app, owner, release, address, origin, shared } = round.dataset;
const signedIn = "signedIn" in round.dataset;
const named = { ownerHandle: owner, appSlug: app };
// An origin of its own, and a sandbox: it may not lead this tab elsewhere. No camera, no microphone: browsers ask for these
// once for this whole page, that is for all apps. Opened alone, each app asks for itself.
const frame = el("iframe", {
  id: "frame",
  title: document.querySelector("h1").textContent,
  allow: "autoplay; clipboard-write; fullscreen; gamepad; picture-in-picture",
  sandbox:
    "allow-scripts allow-same-origin allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox" +
    " allow-downloads allow-pointer-lock",
});
let viewer = null; // as the server says it, from the first answer on
let handed = null;
let isGreeted = false;
let answers = 0;
setInterval(() => (answers = 0), ANSWERS_MS);

function tell(message) {
  frame.contentWindow?.postMessage(message, origin);
}

// What an app may ask: by type, members of the answer.
const RPC = {
  "vibe.req.whoAmI": async ({ adminMode }) => (adminMode ? await api.ask("vibe.req.whoAmI", { ...named, adminMode: true }) : await known),
  "vibe.req.login": async () => {
    const link = document.getElementById("sign-in");
    if (link) {
      say(WORDS.appAsksToSignIn);
      link.focus();
    } else {
      sayWho();
    }
    return { status: "ok" };
  },
  "vibe.req.accessFnSource": async ({ cid }) => ({ status: "ok", cid: String(cid).slice(0, MAX_NAME_CHARS), source: null }),
};
const UNANSWERED = new Set(["vibes.diy.req-broadcast-ephemeral"]);
const REQUEST = /^(vibe\.|vibes\.diy\.)req([.-])([\w.-]{1,100})$/;

async function answer(request) {
  const [, family, mark, name] = REQUEST.exec(request.type) ?? [];
  const tid = request.tid;
  if (!name || UNANSWERED.has(request.type) || typeof tid !== "string" || tid.length > MAX_NAME_CHARS) return;
  const type = `${family}res${mark}${name}`;
  const refuse = (code, message) => tell({ tid, type, status: "error", code, message });
  if (++answers > MAX_ANSWERS) return refuse("overloaded", WORDS.appAsksTooMuch);
  const work = Object.hasOwn(RPC, request.type) ? RPC[request.type] : null;
  if (!work) return refuse("not-here-yet", WORDS.notHereYet(request.type));
  try {
    tell({ status: "ok", ...(await work(request)), tid, type });
  } catch (error) {
    refuse(error.code ?? "failed", error.message);
  }
}

function sayWho() {
  if (viewer) tell({ ...viewer, type: "vibe.evt.viewerChanged", tid: undefined });
  if (handed) tell({ type: "vibe.evt.hand-off", token: handed.token, expires: handed.expires, validS: left() });
}

// The app's own search and hash, for its address to be kept and sent on.
function mirror({ search, hash }) {
  const fits = (text, mark) => text === "" || (typeof text === "string" && text[0] === mark && text.length <= MAX_STATE_CHARS);
  if (fits(search, "?") && fits(hash, "#")) history.replaceState(null, "", location.pathname + search + hash);
}

const EVENTS = {
  "vibe.evt.runtime.ready": () => {
    isGreeted = true;
    tell({ type: "vibe.evt.runtime.ack" });
    sayWho();
  },
  "vibe.evt.url-state": mirror,
};

addEventListener("message", ({ source, origin: from, data }) => {
  if (source === null || source !== frame.contentWindow || from !== origin) return;
  if (typeof data !== "object" || data === null || typeof data.type !== "string") return;
  if (Object.hasOwn(EVENTS, data.type)) {
    try {
      EVENTS[data.type](data);
    } catch {
      // an app that changes its address too often for the browser
    }
  } else {
    answer(data);
  }
});

// Who looks, and the token: now, and again before it ends.

function left() {
  return handed.validS - (performance.now() - handed.at) / 1000;
}

async function renew(enter) {
  try {
    const at = performance.now();
    handed = { ...(await api.ask("vibes.diy.req-hand-off", { ...named, enter })), at };
    const who = await api.ask("vibe.req.whoAmI", named);
    if (viewer && viewer.signedOut !== who.signedOut) return location.reload();
    const { type, ...members } = who;
    viewer = members;
    if (isGreeted) sayWho();
    setTimeout(() => renew(false), handed.validS * RENEW_AT * 1000);
  } catch (error) {
    if (error.code === "not-found") return location.reload(); // they may no longer see it
    setTimeout(() => renew(enter), RETRY_MS);
  }
  return viewer;
}

const known = renew(signedIn).then(() => viewer);

// A private app's files are for who is let in: the entry goes by its host's own page, in a fragment, which is sent to nobody.
function addressWith(entry, path) {
  return entry ? `${origin}/~share#vibes-share=${entry}&to=${encodeURIComponent(path)}` : new URL(path, origin).href;
}

const path = address.slice(origin.length) + location.search + location.hash;
function show(entry) {
  frame.src = addressWith(entry, path);
  document.getElementById("main").append(frame);
}
if (signedIn) known.then(() => show(handed?.entry));
else show("");

// The bar

document.getElementById("fill").addEventListener("click", (event) =>
  run(event.currentTarget, () => frame.requestFullscreen()),
);

const sharing = document.getElementById("sharing");
document.getElementById("share-app").addEventListener("click", () => sharing.showModal());
document.getElementById("copy").addEventListener("click", (event) => run(event.currentTarget, () => copy(shared)));
const send = document.getElementById("send");
send.hidden = !navigator.share;
send.addEventListener("click", () => navigator.share({ title: document.title, url: shared }).catch(() => {}));

const alone = document.getElementById("alone");
alone.addEventListener("click", (event) => {
  if (!handed?.entry) return;
  event.preventDefault();
  run(alone, async () => {
    const fresh = await api.ask("vibes.diy.req-hand-off", { ...named, enter: true });
    window.open(addressWith(fresh.entry, address.slice(origin.length)), "_blank", "noopener,noreferrer");
  });
});

const reporting = document.getElementById("reporting");
document.getElementById("report").addEventListener("click", () => reporting.showModal());
document.getElementById("report-form").addEventListener("submit", (event) => {
  if (event.submitter?.value !== "send") return;
  event.preventDefault();
  run(event.submitter, async () => {
    await api.ask("vibes.diy.req-report-app", { ...named, fsId: release, reason: document.getElementById("why").value });
    reporting.close();
    say(WORDS.reported);
  });
});

async function listVersions(picker) {
  const { items } = await api.ask("vibes.diy.req-list-versions", named);
  const option = ({ fsId, releaseSeq, created, mode, isCurrent }) =>
    el("option", { value: fsId, selected: fsId === release }, WORDS.version(releaseSeq, created, mode));
  picker.replaceChildren(el("option", { value: "", selected: !release }, WORDS.asPublished), ...items.map(option));
  picker.disabled = false;
}

const picker = document.getElementById("version");
if (picker) {
  listVersions(picker).catch((error) => say(WORDS.failed(error.message), true));
  picker.addEventListener("change", () => location.assign(`/vibe/${owner}/${app}${picker.value ? `/${picker.value}` : ""}`));
}
