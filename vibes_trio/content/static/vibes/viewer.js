// Who looks at the app, for apps that ask. In the page round it (`/vibe/…`) that page says so, by postMessage between the
// two exact origins, and hands over a token for this app and this visitor. Alone, nobody is signed in: the visitor is
// "you". What an app stores lies in the visitor's own browser in any case: so they may do everything with it.
import { createElement, useSyncExternalStore } from "react";

const GREET_MS = 500;
const GREETINGS = 6; // then the page round it is none of this server's

const AVATAR = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#a1a1aa">' +
    '<rect width="24" height="24" fill="#e4e4e7"/>' +
    '<circle cx="12" cy="9" r="4"/><path d="M4 22a8 7 0 0 1 16 0z"/></svg>',
)}`;
const ALLOWED = Object.freeze({ ok: true });
const allow = () => ALLOWED;
const CAN = Object.freeze({ create: allow, edit: allow, delete: allow, read: allow });
const PILL = {
  ...{ display: "inline-flex", alignItems: "center", gap: 6, padding: "2px 8px 2px 2px", borderRadius: 999 },
  ...{ background: "var(--card-bg, #f4f4f5)", color: "var(--text, #18181b)", fontSize: 13, verticalAlign: "middle" },
};
const ASKS = { border: 0, padding: 0, background: "none", color: "inherit", font: "inherit", cursor: "pointer" };

// The app's host is `{app}--{user}.{base}`; the page round it lies at the base.
const [, app, user, base] = /^(.+?)--([^.]+)\.(.+)$/.exec(location.host) ?? [];
const round = base ? `${location.protocol}//${base}` : "";
const release = /^\/~(z\w+)~\//.exec(location.pathname)?.[1];

// Apps of different ages read the name under different names.
function viewerOf(handle, name) {
  return Object.freeze({
    userHandle: handle,
    userSlug: handle,
    ownerHandle: handle,
    displayName: name,
    avatarUrl: AVATAR,
  });
}

function stateOf(viewer, isOwner, access, more) {
  const me = Object.freeze({ userHandle: viewer.userHandle, displayName: viewer.displayName, isOwner });
  return Object.freeze({ viewer, isOwner, access, me, isSignedIn: false, isPending: false, ...more });
}

const YOU = viewerOf("you", "You");
const ALONE = stateOf(YOU, true, "owner");
const heard = new Set();
let state = ALONE;
let handed = null; // {token, until}
let isRound = false;

function become(next) {
  state = next;
  for (const hear of heard) hear();
}

function take({ viewer, isOwner = false, access = "none" }) {
  if (!viewer) return become(ALONE);
  const handle = viewer.userHandle || "you";
  become(stateOf(viewerOf(handle, viewer.displayName || handle), isOwner, access, { isSignedIn: true }));
}

function tell(message) {
  parent.postMessage(message, round);
}

// `ancestorOrigins` is not in every browser: there the greetings find out.
function mayBeRound() {
  return parent !== self && round !== "" && [undefined, round].includes(location.ancestorOrigins?.[0]);
}

function greet() {
  become(stateOf(YOU, true, "owner", { isPending: true }));
  let left = GREETINGS;
  const ready = { type: "vibe.evt.runtime.ready", deps: [], fsId: release };
  const timer = setInterval(() => (--left > 0 ? tell(ready) : stop()), GREET_MS);
  const stop = () => {
    clearInterval(timer);
    if (state.isPending) become(ALONE);
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || origin !== round || typeof data !== "object" || data === null) return;
    if (data.type === "vibe.evt.runtime.ack") {
      isRound = true;
      clearInterval(timer);
    } else if (data.type === "vibe.evt.viewerChanged") {
      take(data);
    } else if (data.type === "vibe.evt.hand-off") {
      // The visitor's clock may be wrong: how long it counts is told as well.
      handed = Object.freeze({ token: String(data.token), until: performance.now() + Number(data.validS) * 1000 });
    }
  });
  tell(ready);
}

if (mayBeRound()) greet();

function subscribe(hear) {
  heard.add(hear);
  return () => heard.delete(hear);
}

const current = () => state;

/** Lets the visitor sign in: the page round the app asks them to, or is opened. */
export function signIn() {
  if (isRound) tell({ type: "vibe.req.login", tid: Math.random().toString(36).slice(2) });
  else if (round) window.open(`${round}/vibe/${user}/${app}${release ? `/${release}` : ""}`, parent === self ? "_self" : "_blank");
}

/** What the page round the app handed over: a token for this app and this visitor, renewed in time; null: nothing. */
export function getToken() {
  return handed !== null && handed.until > performance.now() ? handed.token : null;
}

/** A person's name with a picture; without props the visitor's own, and whether they are not signed in. */
export function ViewerTag({ style, className, ...props }) {
  const { viewer, isSignedIn, isPending } = useSyncExternalStore(subscribe, current, current);
  const isOther = "userHandle" in props || "userSlug" in props;
  const handle = props.userHandle ?? props.userSlug;
  const name = isOther && handle !== viewer.userHandle ? handle || "unknown" : viewer.displayName;
  const picture = createElement("img", { src: AVATAR, alt: "", width: 22, height: 22, style: { borderRadius: "50%" } });
  const asks = !isOther && !isSignedIn && !isPending && round !== "";
  const button = asks && createElement("button", { type: "button", style: ASKS, onClick: signIn }, "not signed in");
  return createElement("span", { className, style: { ...PILL, ...style } }, picture, name, asks && " · ", button);
}

/** The visitor, what they may do, and `ViewerTag`. Pending until the page round the app has said who it is. */
export function useViewer() {
  const { viewer, isOwner, access, isSignedIn, isPending } = useSyncExternalStore(subscribe, current, current);
  return {
    viewer,
    isOwner,
    isSignedIn,
    isViewerPending: isPending,
    access,
    dbAcls: {},
    can: () => true,
    signIn,
    getToken,
    ViewerTag,
  };
}

/** Whether the visitor may write to a database: always, as it is theirs. */
export function useVibe() {
  const { me, isPending } = useSyncExternalStore(subscribe, current, current);
  return { me, can: CAN, ready: !isPending };
}
