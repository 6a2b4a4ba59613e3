// Who looks at the app, for apps that ask. Nobody signs in to a page of this server, and what an app stores lies in the
// visitor's own browser: so the visitor is its owner and may do everything.
import { createElement } from "react";

const AVATAR = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#a1a1aa">' +
    '<rect width="24" height="24" fill="#e4e4e7"/>' +
    '<circle cx="12" cy="9" r="4"/><path d="M4 22a8 7 0 0 1 16 0z"/></svg>',
)}`;
// Apps of different ages read the name under different names.
const VIEWER = Object.freeze({
  userHandle: "you",
  userSlug: "you",
  ownerHandle: "you",
  displayName: "You",
  avatarUrl: AVATAR,
});
const ME = Object.freeze({ userHandle: "you", displayName: "You", isOwner: true });
const ALLOWED = Object.freeze({ ok: true });
const allow = () => ALLOWED;
const CAN = Object.freeze({ create: allow, edit: allow, delete: allow, read: allow });
const PILL = {
  ...{ display: "inline-flex", alignItems: "center", gap: 6, padding: "2px 8px 2px 2px", borderRadius: 999 },
  ...{ background: "var(--card-bg, #f4f4f5)", color: "var(--text, #18181b)", fontSize: 13, verticalAlign: "middle" },
};

/** A person's name with a picture; without props the visitor's own. */
export function ViewerTag({ style, className, ...props }) {
  const isOther = "userHandle" in props || "userSlug" in props;
  const handle = props.userHandle ?? props.userSlug;
  const name = isOther && handle !== VIEWER.userHandle ? handle || "unknown" : VIEWER.displayName;
  const picture = createElement("img", { src: AVATAR, alt: "", width: 22, height: 22, style: { borderRadius: "50%" } });
  return createElement("span", { className, style: { ...PILL, ...style } }, picture, name);
}

/** The visitor, what they may do, and `ViewerTag`. Known at once: nothing is ever pending. */
export function useViewer() {
  return {
    viewer: VIEWER,
    isOwner: true,
    isViewerPending: false,
    access: "owner",
    dbAcls: {},
    can: () => true,
    ViewerTag,
  };
}

/** Whether the visitor may write to a database: always, as it is theirs. */
export function useVibe() {
  return { me: ME, can: CAN, ready: true };
}
