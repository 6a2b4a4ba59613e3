// Lets an app that has addresses of its own (a router) see them without the prefix of its release: at `/~…~/about` it finds
// `/about`. A page of the release that everybody sees needs nothing more. One of another release is found again where
// the browser asks the server anew (reload, back, a plain link), and its files are asked for where they are.
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("vibes-page").textContent);
  const { release, live, names } = page;
  const KEY = "vibes-release";

  function within(path) {
    return path === release.slice(0, -1) ? "/" : path.startsWith(release) ? path.slice(release.length - 1) : null;
  }

  // Storage may be closed to pages (a sandboxed frame): then a reload leaves the release, and nothing else is lost.
  function remember(value) {
    try {
      if (value === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, value);
    } catch {}
  }

  function remembered() {
    try {
      return sessionStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  const inside = within(location.pathname);
  if (inside === null) {
    // The live page at a path that another release was shown at in this tab a moment ago: whoever typed it wants this one.
    const [{ type } = {}] = performance.getEntriesByType("navigation");
    const from = document.referrer && new URL(document.referrer).origin === location.origin;
    const other = remembered();
    if (other !== null && other !== release && (type === "reload" || type === "back_forward" || from)) {
      location.replace(other.slice(0, -1) + location.pathname + location.search + location.hash);
      return;
    }
    remember(null);
    return;
  }
  remember(live ? null : release);
  history.replaceState(history.state, "", inside + location.search + location.hash);
  if (live) return;

  // Paths from the root name files of the live release; those that this one has are asked for in it.
  const files = new Set(names);

  function placed(address) {
    const url = URL.canParse(address, location.href) ? new URL(address, location.href) : null;
    if (url === null || url.origin !== location.origin || within(url.pathname) !== null) return null;
    let path = url.pathname;
    try {
      path = decodeURIComponent(path);
    } catch {}
    return files.has(path) ? release.slice(0, -1) + url.pathname + url.search + url.hash : null;
  }

  const ask = globalThis.fetch;
  globalThis.fetch = function fetch(input, init) {
    const address = typeof input === "string" || input instanceof URL ? placed(String(input)) : null;
    return ask.call(this, address ?? input, init);
  };
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    return open.call(this, method, placed(String(address)) ?? address, ...rest);
  };

  const ATTRIBUTES = ["src", "href", "poster", "data", "xlink:href"];
  const LOADING = "img,script,link,audio,video,source,track,embed,object,iframe,image,use";

  function place(element) {
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute(name);
      const address = value ? placed(value) : null;
      if (address !== null) element.setAttribute(name, address);
    }
  }

  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "attributes") {
        if (target.matches(LOADING)) place(target);
        continue;
      }
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches(LOADING)) place(node);
        for (const inner of node.querySelectorAll(LOADING)) place(inner);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ATTRIBUTES });
})();
