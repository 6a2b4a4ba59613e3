// Runs before every module of the page: hands the app its env (globalThis.VIBES_ENV) and shows what goes wrong, with
// the file and line of the app. The page's facts are in <script id="vibes-page">: env, release (address of its root),
// files (served name -> the app's file name), missing (specifier -> why this server has no module of it), notes (what to
// know of the app's packages), quiet (whether the server wants to hear of no errors).
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("vibes-page").textContent);
  const files = new Map(Object.entries(page.files));
  const missing = new Map(Object.entries(page.missing ?? {})); // a page of an older version, kept by the browser, has none
  const notes = page.notes ?? [];
  const send = globalThis.fetch.bind(globalThis); // an app may put its own in its place, and that may fail
  globalThis.VIBES_ENV = Object.freeze(page.env);
  document.fonts.load("1em Inter").catch(() => {}); // fetched along with the modules, not after they have run

  const MAX_PROBLEMS = 20;
  const MAX_BLOCKED = 50;
  const EMPTY_MS = 1500; // a page that shows nothing for so long is taken to be empty
  const MAX_COMPONENTS = 5;
  const MAX_SOURCE_CHARS = 300;
  const MAX_REPORTED_CHARS = 1000; // as wire/page_errors.py has it
  const MAX_NAME_CHARS = 512;
  const STACK_FRAME = /(https?:\/\/[^\s()]+?):(\d+)(?::(\d+))?(?=[\s)]|$)/g;
  const SOURCE_MAP = "//# sourceMappingURL=";
  const INLINE_MAP = "data:application/json;base64,";
  const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const UNMAPPED = /module specifier[ ,:]*["'“]([^"'”]+)["'”]/;
  const NOT_LOADED = /dynamically imported module: (\S+)$/;
  const MADE = /^(.+\.html?)~\w+\.[jt]sx$/i; // a script that stands in the app's own HTML
  const IMPORTS = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g;
  // By what a policy's directive starts with. What is not here, such as a style sheet, is left to the browser's own line.
  const BLOCKED = {
    connect: "A request",
    script: "A script",
    worker: "A worker",
    frame: "A frame",
    form: "A form",
    img: "A picture",
    media: "A sound or film",
  };
  const FONT_ADDRESS = /font[^/]*\/(?:css2?|icon)\?.*family=/i;
  const FONTS_SCRIPT = "/~esm/@vibes/fonts."; // whatever hash follows, the script of today is served
  const DECORATION = new Set(["font"]); // the page shows its text all the same
  const BESIDE = new Set(["connect", "img", "media"]); // the app may do without, as it would without a network
  const REACT_ERRORS = {
    31: "An object was used where React wants text or an element.",
    130: "A tag names something that is no component: look at how it is imported and exported.",
    185: "A component sets state again and again, after each update: look for an effect without a list of what it needs.",
    299: "createRoot() was given no element: nothing on this page has that id.",
    300: "A component called fewer hooks than in its last render: call hooks in the same order every time.",
    301: "A component sets state while it renders, which renders it again: do it in an event handler or an effect.",
    310: "A component called more hooks than in its last render: call hooks in the same order every time.",
    321: "A hook was called outside a component.",
  };

  // What the browser says, by a pattern of it -> what to do about it.
  const HINTS = [
    [/ReactDOM\w*\.(?:render|hydrate)\b|\brender\b.* is not a function$|'react-dom' does not provide an export named '(?:render|hydrate)'/, 'React 18 and newer: createRoot(element).render(<App />), of "react-dom/client".'],
    [/\b(?:findDOMNode|unmountComponentAtNode|createFactory)\b/, 'React 19 has this no more: write "react": "^18" into package.json, or use a ref, root.unmount(), JSX.'],
    [/\brequire is not defined/, 'Browsers know no require: write `import name from "name"`.'],
    [/\b(?:module|exports) is not defined/, "This is a module: write `export default` in place of module.exports."],
    [/\bprocess is not defined/, "Browsers have no process: values of the deploy are in import.meta.env and VIBES_ENV."],
    [/resolve module specifier "[^./]|was a bare specifier/, "No package of that name could be had: is it spelt right? Parts of Node, such as fs, are not in browsers."],
    [/\bReact is not defined/, 'Write `import React from "react"` where React is named.'],
  ];

  // Outside a secure context (plain http on another machine's address) browsers leave parts of themselves out.
  if (!isSecureContext) {
    crypto.randomUUID ??= () =>
      "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
        (Number(digit) ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (Number(digit) / 4)))).toString(16),
      );
    if (!navigator.clipboard) {
      const writeText = async (text) => {
        const field = Object.assign(document.createElement("textarea"), { value: text });
        field.style.cssText = "position:fixed;opacity:0";
        document.body.append(field);
        field.select();
        const isDone = document.execCommand("copy");
        field.remove();
        if (!isDone) throw new DOMException("The clipboard needs https, or localhost.", "NotAllowedError");
      };
      const readText = async () => {
        throw new DOMException("Reading the clipboard needs https, or localhost.", "NotAllowedError");
      };
      Object.defineProperty(navigator, "clipboard", { value: { writeText, readText }, configurable: true });
    }
  }
  for (const note of notes) console.info(`About this app's packages: ${note}`);

  // Where things are

  function addressOf(served) {
    return new URL(page.release + served.split("/").map(encodeURIComponent).join("/"), location.origin).href;
  }

  function servedName(address) {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || url.origin !== location.origin || !url.pathname.startsWith(page.release)) return null;
    try {
      return decodeURIComponent(url.pathname.slice(page.release.length));
    } catch {
      return null; // no name that this server gave
    }
  }

  function fileName(served) {
    return files.get(served) ?? served.replace(/^~~transformed~~\//, "");
  }

  function placeInStack(stack) {
    for (const [, address, line, column] of String(stack ?? "").matchAll(STACK_FRAME)) {
      const served = servedName(address);
      if (served) return { served, line: Number(line), column: Number(column ?? 1) }; // empty: a script of the page itself
    }
    return null;
  }

  async function readLines(served) {
    try {
      const answer = await fetch(addressOf(served));
      return answer.ok ? (await answer.text()).split("\n") : [];
    } catch {
      return [];
    }
  }

  async function findLine(servedNames, matches) {
    for (const served of servedNames) {
      const lines = await readLines(served);
      const index = lines.findIndex(matches);
      if (index >= 0) return { served, line: index + 1, column: 1 };
    }
    return null;
  }

  function loadedScripts() {
    const ahead = new Set([...document.querySelectorAll("link[rel=modulepreload]")].map(({ href }) => href));
    return performance
      .getEntriesByType("resource")
      .filter(({ initiatorType: by, name }) => by === "script" || by === "other" || ahead.has(name));
  }

  function findImport(isIt) {
    const loaded = loadedScripts().map(({ name }) => servedName(name));
    const modules = new Set([...files.keys(), ...loaded.filter((served) => served !== null)]);
    return findLine(modules, (text) => [...text.matchAll(IMPORTS)].some(([, specifier]) => isIt(specifier)));
  }

  // Errors of React itself have no frame of the app, only the names of the components around (see mount.js).
  async function findComponent(componentStack) {
    const frames = [...String(componentStack ?? "").matchAll(/^\s*at (default|[A-Z$_][\w$]*)/gm)];
    for (const [, name] of frames.slice(0, MAX_COMPONENTS)) {
      const named = `(?:function|class|const|let|var)\\s+${name.replaceAll("$", "\\$")}`;
      const declares = new RegExp(`\\b${name === "default" ? "export\\s+default" : named}(?![\\w$])`);
      const where = await findLine(files.keys(), (text) => declares.test(text));
      if (where !== null) return where;
    }
    return null;
  }

  // Where that is in what the author wrote. A compiler that moves lines leaves a source map at the end of the module;
  // without one, lines are where they were.

  async function findOriginal({ served, line, column }) {
    const lines = await readLines(served);
    const name = fileName(served);
    try {
      const map = await readMap(served, lines);
      if (map !== null) {
        const found = originalPlace(map.mappings, line, column);
        // A module that was compiled alone has one source, and the map does not name it.
        const source = map.linked ? servedName(new URL(map.sources[found?.source ?? 0], addressOf(served))) : name;
        const [, page] = MADE.exec(source ?? "") ?? [];
        if (found !== null && page) return { name: page, line: found.line }; // what is served by that name holds more
        if (found !== null && source !== null) {
          return { name: source, line: found.line, text: (await readLines(source))[found.line - 1] };
        }
        return { name, line, text: lines[line - 1] };
      }
    } catch {
      // a map that some other tool left, and broke
    }
    return { name, line, text: lines[line - 1] };
  }

  // An app that was built as a whole has its maps beside its files.
  async function readMap(served, lines) {
    const last = lines.findLast((text) => text.startsWith(SOURCE_MAP));
    const address = last?.slice(SOURCE_MAP.length).trim();
    if (!address) return null;
    if (address.startsWith(INLINE_MAP)) return JSON.parse(atob(address.slice(INLINE_MAP.length)));
    const map = servedName(new URL(address, addressOf(served)));
    return map === null ? null : { ...JSON.parse((await readLines(map)).join("\n")), linked: true };
  }

  // Every number of a map is relative to the one before it in the same field: the column here, the source, its line.
  function originalPlace(mappings, line, column) {
    let source = 0;
    let original = 1;
    let found = null;
    for (const [row, segments] of mappings.split(";", line).entries()) {
      let start = 1;
      for (const segment of segments.split(",").filter(Boolean)) {
        const fields = decodeSegment(segment);
        start += fields[0];
        source += fields[1] ?? 0;
        original += fields[2] ?? 0;
        if (row === line - 1 && (found === null || start <= column)) found = { source, line: original };
      }
    }
    return found;
  }

  function decodeSegment(segment) {
    const fields = [];
    let value = 0;
    let shift = 0;
    for (const character of segment) {
      const digit = BASE64.indexOf(character);
      value |= (digit & 31) << shift;
      shift += 5;
      if (digit < 32) {
        fields.push(value & 1 ? -(value >> 1) : value >> 1);
        value = shift = 0;
      }
    }
    return fields;
  }

  // What went wrong

  function explain(message) {
    const hint = REACT_ERRORS[/Minified React error #(\d+)/.exec(message)?.[1]];
    const advice = HINTS.find(([pattern]) => pattern.test(message))?.[1];
    return hint ? `${hint}\n${message}` : advice ? `${message}\n${advice}` : message;
  }

  function written(value) {
    if (value instanceof Event) {
      // What a script or picture that can't be loaded gives to whoever waits for it.
      const address = value.target?.src ?? value.target?.href;
      return address ? `${value.type}: ${address} could not be loaded` : `an event: ${value.type}`;
    }
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return Object.prototype.toString.call(value); // a cycle, a BigInt, a toJSON that throws
    }
  }

  async function takeError(error, message, place) {
    const { served, pattern, line } = (error instanceof Error && error.cause) || {}; // mount.js and as_module.py say
    const notLoaded = NOT_LOADED.exec(message)?.[1];
    const unmapped = UNMAPPED.exec(message)?.[1];
    const reason = missing.get(unmapped);
    let where = place ?? placeInStack(error?.stack);
    const blocked = ofBlocked(error, where);
    if (blocked !== null) {
      if (blocked) await show(blocked, where); // nobody caught it: the app can't do without
      return;
    }
    if (notLoaded) {
      await takeFailedLoad(notLoaded);
      return;
    }
    if (typeof served === "string" && Number.isInteger(line)) where = { served, line, column: 1 };
    else if (files.has(served)) where = await findLine([served], (text) => new RegExp(pattern).test(text));
    else if (where === null && unmapped) where = await findImport((specifier) => specifier === unmapped);
    else if (where === null) where = await findComponent(error?.componentStack);
    const isOfNode = error instanceof TypeError || error instanceof ReferenceError;
    const asked = isOfNode ? [...(globalThis.__vibesNode ?? [])] : []; // modules/build/node_parts.py
    const node = asked.length ? `\nA package asked for parts of Node, which browsers do not have: ${asked.join(", ")}.` : "";
    if (reason) await show(`The package "${unmapped}" is not on this server: ${reason}`, where);
    else await show(explain(message) + node, where, error?.stack);
  }

  // What the page's Content-Security-Policy kept from other hosts, once a host: beside the app or, where it can't do
  // without, over it. Of fonts only the console tells.

  const told = new Set();
  const blockedScripts = new Set();
  const blockedOrigins = new Set();
  const blockedPlaces = new Map();

  async function takeBlocked({ blockedURI, effectiveDirective, sourceFile, lineNumber, columnNumber }) {
    const url = URL.canParse(blockedURI) ? new URL(blockedURI) : null;
    const [kind] = effectiveDirective.split("-");
    if (url === null || url.origin === "null" || url.origin === location.origin) return;
    if (kind === "style" && FONT_ADDRESS.test(url.href)) askForFonts(url.href);
    const served = servedName(sourceFile);
    if (kind === "script" && blockedScripts.size < MAX_BLOCKED) blockedScripts.add(url.href);
    if (blockedOrigins.size < MAX_BLOCKED && !DECORATION.has(kind)) blockedOrigins.add(url.origin);
    const hosts = [...new Set([...blockedOrigins, url.origin])].join(","); // the setting has to name all at once
    const why = `A page may only ask its own server; its operator can allow more: VIBES_PAGE_HOSTS=${hosts}`;
    const message = `${BLOCKED[kind]} ${kind === "img" || kind === "media" ? "from" : "to"} ${url.host} was blocked. ${why}`;
    if (kind === "connect" && blockedPlaces.size < MAX_BLOCKED) blockedPlaces.set(`${served}:${lineNumber}`, message);
    const isQuiet = DECORATION.has(kind);
    const once = `${isQuiet} ${url.host}`;
    if (told.has(once) || told.size >= MAX_BLOCKED || !(isQuiet || kind in BLOCKED)) return;
    told.add(once);
    if (isQuiet) {
      console.info(`Nothing is shown from ${url.host}. ${why}`);
      return;
    }
    let where = served !== null && lineNumber > 0 ? { served, line: lineNumber, column: columnNumber } : null;
    if (BESIDE.has(kind)) {
      const original = where && (await findOriginal(where));
      notice(message, original ? `${original.name}:${original.line}` : "");
      return;
    }
    if (kind === "script" && [...document.scripts].some(({ src }) => src === url.href)) {
      takeWithheld(url.href, message);
      return;
    }
    if (where === null && kind === "script") where = await findImport((specifier) => specifier === blockedURI);
    await show(message, where);
  }

  // Scripts of elements that were blocked, by address. Exports of tools name some that no app needs (a badge, statistics):
  // so that is told beside the app, and over it once something goes wrong, or nothing is shown at all.
  const withheld = new Map();

  function takeWithheld(address, message) {
    withheld.set(address, message);
    if (host === null) notice(message, "");
    else void show(message, null);
    setTimeout(() => {
      const seen = document.body?.innerText.trim() || document.querySelector("canvas,img,svg,video,iframe,input");
      if (!seen) void show(message, null);
    }, EMPTY_MS);
  }

  // Fonts by name, asked for by an address that no file of the app holds: fonts.js asks this server for them.
  function askForFonts(address) {
    const there = document.querySelector(`script[src^="${FONTS_SCRIPT}"]`);
    const script = there ?? Object.assign(document.createElement("script"), { src: `${FONTS_SCRIPT}${"0".repeat(16)}.js` });
    script.dataset.blocked = `${script.dataset.blocked ?? ""} ${address}`;
    if (there === null) document.head.append(script);
  }

  // What a script throws when it was kept from something says less than what is known: what to say in its place, empty
  // if that is shown already; null: it is something else.
  function ofBlocked(error, where) {
    if (!(error instanceof TypeError)) return null;
    const [, address] = NOT_LOADED.exec(error.message) ?? [];
    if (blockedScripts.has(address)) return "";
    return (where !== null && blockedPlaces.get(`${where.served}:${where.line}`)) || null;
  }

  document.addEventListener("securitypolicyviolation", (event) => void takeBlocked(event));

  // A module that can't be fetched ends the page's script with an event that says neither which nor why. Where code
  // imports one while it runs, its address is told: it, or something that it imports, is not there or no module.
  async function takeFailedLoad(address = "") {
    let failed = loadedScripts()
      .filter(({ responseStatus }) => responseStatus === 0 || responseStatus >= 400)
      .filter(({ name }) => !blockedScripts.has(name));
    if (failed.some(({ name }) => name === address)) failed = failed.filter(({ name }) => name === address);
    if (failed.length === 0 && address) failed = [{ name: address, responseStatus: "is it a module?" }];
    if (failed.length === 0 && blockedScripts.size === 0) {
      await show("A module of this page could not be loaded; the console says which.", null);
    }
    for (const { name, responseStatus } of failed) {
      const served = servedName(name);
      const last = name.split("/").pop();
      const where = await findImport((specifier) => specifier.split("/").pop() === last);
      const what = served === null ? name : fileName(served);
      await show(`${what} could not be loaded (${responseStatus || "no answer"}).`, where);
    }
  }

  // Loaders of scripts reject with the event of the element, which says nothing by itself.
  async function takeFailedElement(target) {
    const address = target?.src || target?.href;
    await new Promise((resolve) => setTimeout(resolve)); // the event that it was blocked may come after this one
    if (withheld.has(address)) await show(withheld.get(address), null); // somebody waits for it
    if (typeof address !== "string" || blockedScripts.has(address)) return; // what was blocked is told already
    await show(`${address} could not be loaded.`, null);
  }

  addEventListener(
    "error",
    (event) => {
      if (event.target instanceof HTMLScriptElement) {
        if (event.target.type === "module" && !event.target.src) void takeFailedLoad();
        return;
      }
      if (event.target !== globalThis || !event.message) return; // an image or the like
      if (event.error instanceof Event) {
        void takeFailedElement(event.error.target);
        return;
      }
      const served = servedName(event.filename);
      const place = served !== null && event.lineno > 0 ? { served, line: event.lineno, column: event.colno } : null;
      // Of an exception of the browser's own, reported by a script, the event says nothing.
      const message = event.error instanceof DOMException ? String(event.error) : event.message.replace(/^Uncaught /, "");
      void takeError(event.error, message, place);
    },
    true,
  );

  // Of an error that no script made a page hears nothing, and an answer that is no JSON is the most common of all. So
  // that it is heard of, with the line that waited, the browser's error is thrown anew by a script: there is no other
  // way than to stand in its function's place. A proxy is that function in all that can be asked of it (name, length,
  // text, no constructor), and what it does is the browser's own doing, refusals included.
  function standIn(prototype, name) {
    const property = Object.getOwnPropertyDescriptor(prototype, name);
    async function apply(original, self, given) {
      try {
        return await Reflect.apply(original, self, given);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        const heard = new SyntaxError(error.message);
        Error.captureStackTrace?.(heard, apply); // of the lines that waited, without this one
        throw heard;
      }
    }
    Object.defineProperty(prototype, name, { ...property, value: new Proxy(property.value, { apply }) });
  }

  standIn(Response.prototype, "json");

  addEventListener("unhandledrejection", ({ reason }) => {
    if (reason instanceof Event) {
      void takeFailedElement(reason.target);
      return;
    }
    const message = reason instanceof Error ? String(reason) : `A promise was rejected with ${written(reason)}`;
    void takeError(reason, message, null);
  });

  // The overlay

  const STYLE = `
    :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; overflow: auto;
      background: rgb(20 20 24 / 92%); color: #f4f4f5; font: 15px/1.5 ui-sans-serif, system-ui, sans-serif; }
    main { max-width: 56rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
    header { display: flex; justify-content: space-between; align-items: center; }
    h1 { font-size: 1.1rem; margin: 0; color: #fca5a5; }
    button { font: inherit; color: inherit; background: #3f3f46; border: 0; border-radius: 6px; padding: .35rem .9rem;
      cursor: pointer; }
    button:focus-visible { outline: 2px solid #fca5a5; }
    article { margin-top: 1.25rem; padding: 1rem 1.25rem; background: #27272a; border-left: 4px solid #ef4444;
      border-radius: 6px; }
    p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
    .note { border-color: #f59e0b; }
    .place { margin-top: .5rem; color: #93c5fd; }
    pre { margin: .75rem 0 0; padding: .6rem .8rem; background: #18181b; border-radius: 4px; overflow: auto;
      font: 13px/1.5 ui-monospace, monospace; }
    details { margin-top: .75rem; color: #a1a1aa; }
    summary { cursor: pointer; }`;

  let reported = 0;
  let host = null;
  let list = null;
  const shown = new Set();

  function element(tag, text = "", className = "") {
    const made = document.createElement(tag);
    made.textContent = text;
    made.className = className;
    return made;
  }

  function dismiss() {
    host?.remove();
    host = null;
    shown.clear();
  }

  function openOverlay() {
    host = element("vibes-error-overlay");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const close = element("button", "Dismiss");
    close.addEventListener("click", dismiss);
    const header = element("header");
    header.append(element("h1", "This app ran into a problem"), close);
    list = element("main");
    list.setAttribute("role", "alert");
    list.append(header);
    const blocked = [...withheld.values()].filter((message) => !shown.has(` ${message}`));
    for (const message of blocked) shown.add(` ${message}`);
    for (const note of [...notes, ...blocked]) {
      const article = element("article", "", "note");
      article.append(element("p", note));
      list.append(article);
    }
    root.append(list);
    document.documentElement.append(host);
  }

  async function show(message, where, stack) {
    const original = where && (await findOriginal(where));
    const place = original ? `${original.name}:${original.line}` : "";
    const key = `${place} ${message}`;
    if (shown.has(key) || shown.size >= MAX_PROBLEMS) return;
    shown.add(key);
    const source = (original?.text ?? "").trim().slice(0, MAX_SOURCE_CHARS);
    if (host === null) openOverlay();
    const article = element("article");
    article.append(element("p", message));
    if (place) article.append(element("p", place, "place"));
    if (source) article.append(element("pre", source));
    if (stack) {
      const details = element("details");
      details.append(element("summary", "Stack"), element("pre", stack));
      article.append(details);
    }
    list.append(article);
    report(message, original);
  }

  // Who made the app reads on its page what went wrong in the browsers of others. Nobody waits for it.
  function report(message, original) {
    if (page.quiet || reported >= MAX_PROBLEMS) return;
    reported += 1;
    const told = {
      fsId: page.release.slice(2, -2),
      message: message.slice(0, MAX_REPORTED_CHARS),
      file: (original?.name ?? "").slice(0, MAX_NAME_CHARS),
      line: original?.line ?? 0,
    };
    send("/~errors", { method: "POST", body: JSON.stringify(told), keepalive: true }).catch(() => {});
  }

  // A notice lies in a corner and goes by itself or at a click; screen readers read it when they have time.

  const NOTICE = `
    :host { all: initial; position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483646; max-width: min(28rem, 90vw); }
    p { margin: .5rem 0 0; padding: .6rem .9rem; border-radius: 8px; background: #27272a; color: #f4f4f5; cursor: pointer;
      font: 13px/1.45 ui-sans-serif, system-ui, sans-serif; overflow-wrap: anywhere; border-left: 3px solid #f59e0b; }
    small { display: block; color: #93c5fd; }`;
  const NOTICE_MS = 15000;
  let notices = null;

  function openNotices() {
    const corner = element("vibes-notices");
    const root = corner.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(NOTICE);
    root.adoptedStyleSheets = [sheet];
    notices = element("div");
    notices.setAttribute("role", "status");
    root.append(notices);
    document.documentElement.append(corner);
  }

  function notice(message, place) {
    if (notices === null) openNotices();
    const told = element("p", message);
    if (place) told.append(element("small", place));
    told.addEventListener("click", () => told.remove());
    setTimeout(() => told.remove(), NOTICE_MS);
    notices.append(told);
  }

  // What an app was built with and goes on without: a style sheet that could not be had.
  addEventListener("vibes-notice", ({ detail: { message, file } }) => notice(message, file));

  // Tailwind tells of a style sheet that it can't read, which leaves the page without style, in the browser's timeline alone.
  new PerformanceObserver((list) => {
    for (const { name, detail } of list.getEntries()) {
      if (name === "(error)" && detail?.error) notice(`Tailwind can't read the style sheets of this app: ${detail.error}`, "");
    }
  }).observe({ type: "mark", buffered: true });

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") dismiss();
  });
})();
