// Fonts by name: this server answers in the place of Google Fonts and its mirrors (see font_addresses.py). Addresses in
// the app's style sheets and HTML are led here as they are served; those that the app puts into the page while it runs,
// here: only elements of these two kinds are touched. What gets past both is kept from its host by the page's policy,
// and asked for then. What this server lacks is told in the console.
"use strict";
(() => {
  const FONTS = "/~esm/@fonts/";
  const OWN = `${location.origin}${FONTS}`; // as a whole: Tailwind wants to read what a path names by itself
  const ADDRESS = /(?:https?:)?\/\/[a-z0-9.-]{0,60}font[a-z0-9.-]{0,60}\/(css2?|icon)\?(?=[^\s"'`<>()\\]*family=)/gi;
  // As Tailwind hands it on: wherever it stood, and other rules may be before it, where it would not count.
  const IMPORT = new RegExp(`@import\\s+(?:url\\(\\s*)?(["']?)${OWN}[^"'()\\s]*\\1\\s*\\)?[^;{}]*;`, "g");
  const MISSING = "vibes-missing-fonts"; // as font_css.py has it
  const MAX_SHEETS = 200;
  const seen = new WeakSet();
  let left = MAX_SHEETS;

  function withOwn(text) {
    return text.replace(ADDRESS, (_, kind) => `${OWN}${kind.toLowerCase()}?`);
  }

  function rewritten(value) {
    if (value instanceof Text && value.data.includes("family=")) value.data = importsFirst(withOwn(value.data));
    const text = value instanceof URL ? value.href : value;
    return typeof text === "string" && text.includes("family=") ? importsFirst(withOwn(text)) : value;
  }

  function importsFirst(text) {
    const found = text.includes(OWN) ? (text.match(IMPORT) ?? []) : [];
    return found.length > 0 ? found.join("\n") + text.replace(IMPORT, "") : text;
  }

  function wrapMethod(prototype, name, isMeant = () => true) {
    const original = prototype[name];
    const { [name]: value } = {
      [name](...given) {
        return original.apply(this, isMeant(...given) ? given.map(rewritten) : given);
      },
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }

  function wrapSetter(prototype, name) {
    let owner = prototype;
    while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
    const { get, set, enumerable } = Object.getOwnPropertyDescriptor(owner, name);
    const { take } = {
      take(value) {
        set.call(this, rewritten(value));
      },
    };
    Object.defineProperty(prototype, name, { get, set: take, enumerable, configurable: true });
  }

  function load(address) {
    const own = withOwn(address);
    const isThere = [...document.querySelectorAll("link")].some((link) => link.getAttribute("href") === own);
    if (own === address || isThere) return;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: own }));
  }

  function tellMissing() {
    const waiting = [...document.styleSheets];
    while (waiting.length > 0 && left > 0) {
      const sheet = waiting.pop();
      if (!sheet || seen.has(sheet)) continue;
      const isOurs = sheet.href !== null && new URL(sheet.href, location).pathname.startsWith(FONTS);
      let rules = [];
      try {
        rules = [...sheet.cssRules];
      } catch {
        continue; // of another origin, or not here yet
      }
      waiting.push(...rules.filter((rule) => rule instanceof CSSImportRule).map(({ styleSheet }) => styleSheet));
      if (!isOurs) continue;
      seen.add(sheet);
      left -= 1;
      for (const { style } of rules.filter(({ selectorText }) => selectorText === MISSING)) {
        console.info(`Fonts that are not here, so that text is shown in the next one: ${style.content.slice(1, -1)}`);
      }
    }
  }

  wrapSetter(HTMLLinkElement.prototype, "href");
  wrapMethod(HTMLLinkElement.prototype, "setAttribute", (name) => String(name).toLowerCase() === "href");
  for (const name of ["textContent", "innerText", "innerHTML"]) wrapSetter(HTMLStyleElement.prototype, name);
  for (const name of ["append", "prepend", "replaceChildren", "appendChild", "insertBefore", "replaceChild"]) {
    wrapMethod(HTMLStyleElement.prototype, name);
  }
  wrapMethod(CSSStyleSheet.prototype, "insertRule");
  addEventListener("load", tellMissing);
  document.addEventListener("load", ({ target: { sheet } }) => sheet && tellMissing(), true);
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective.startsWith("style")) load(blockedURI);
  });
  for (const address of (document.currentScript.dataset.blocked ?? "").split(" ")) load(address);
})();
