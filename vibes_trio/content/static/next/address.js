// The address as a Next app sees it: without the prefix of its release. Who changes it tells the others by `popstate`, which
// the page's router (next-app.js) listens to.
const RELEASE = /^\/~z[a-zA-Z0-9]{8,}~(?=\/|$)/;

export function pathname() {
  return location.pathname.replace(RELEASE, "") || "/";
}

export function navigate(to, { replace = false, scroll = true } = {}) {
  const url = new URL(hrefOf(to), location.href);
  if (url.origin !== location.origin) {
    location.assign(url);
    return;
  }
  history[replace ? "replaceState" : "pushState"](null, "", url);
  dispatchEvent(new PopStateEvent("popstate", { state: null }));
  if (url.hash) document.getElementById(decodeURIComponent(url.hash.slice(1)))?.scrollIntoView();
  else if (scroll) scrollTo(0, 0);
}

export function hrefOf(to) {
  if (typeof to === "string") return to;
  const { pathname: path = "", query, search, hash = "" } = to ?? {};
  const asked = query ? `?${new URLSearchParams(query)}` : (search ?? "");
  return `${path}${asked}${hash}`;
}

export function listen(changed) {
  addEventListener("popstate", changed);
  return () => removeEventListener("popstate", changed);
}
