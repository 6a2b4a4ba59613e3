// Stands in for what the script of Tailwind's CDN put on a page: `tailwind.config = {…}` in the app's own HTML. The Tailwind
// of this server takes settings as CSS, so plain values of the theme become that. Functions and plugins are passed over.
"use strict";
(() => {
  // Names of Tailwind 3's theme -> what its variables begin with in Tailwind 4; others begin with their own name.
  const NAMES = {
    animation: "animate",
    aspectRatio: "aspect",
    blur: "blur",
    borderRadius: "radius",
    boxShadow: "shadow",
    colors: "color",
    dropShadow: "drop-shadow",
    fontFamily: "font",
    fontSize: "text",
    fontWeight: "font-weight",
    letterSpacing: "tracking",
    lineHeight: "leading",
    maxWidth: "container",
    perspective: "perspective",
    screens: "breakpoint",
    spacing: "spacing",
    transitionTimingFunction: "ease",
  };
  const APART = new Set(["keyframes", "container"]);
  const MAX_DEPTH = 5;

  function isPlain(value) {
    return typeof value === "string" || typeof value === "number";
  }

  function written(name, value) {
    if (name === "font" && Array.isArray(value)) return value.filter(isPlain).join(", ");
    return Array.isArray(value) ? value.find(isPlain) : value;
  }

  function* variables(name, values, path = []) {
    for (const [key, value] of Object.entries(values ?? {})) {
      const parts = key === "DEFAULT" ? path : [...path, key.replaceAll(".", "\\.").replaceAll("/", "\\/")];
      const variable = `--${[name, ...parts].join("-")}`;
      if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        if (path.length < MAX_DEPTH) yield* variables(name, value, parts);
      } else if (isPlain(written(name, value))) {
        yield `${variable}: ${written(name, value)};`;
        const more = name === "text" && Array.isArray(value) ? value[1] : null;
        const height = more?.lineHeight ?? more;
        if (isPlain(height)) yield `${variable}--line-height: ${height};`;
      }
    }
  }

  function* keyframes(all) {
    for (const [name, steps] of Object.entries(all ?? {})) {
      const lines = Object.entries(steps).map(([step, rules]) => {
        const texts = Object.entries(rules).map(([rule, value]) => `${dashed(rule)}: ${value};`);
        return `${step} { ${texts.join(" ")} }`;
      });
      yield `@keyframes ${name} { ${lines.join(" ")} }`;
    }
  }

  function dashed(name) {
    return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  }

  function asCss({ theme = {}, darkMode } = {}) {
    const { extend = {}, ...replaced } = theme;
    const lines = [];
    for (const key of Object.keys({ ...NAMES, ...replaced, ...extend }).filter((key) => !APART.has(key))) {
      const name = NAMES[key] ?? dashed(key);
      if (replaced[key]) lines.push(`--${name}-*: initial;`, ...variables(name, replaced[key]));
      lines.push(...variables(name, extend[key]));
    }
    lines.push(...keyframes(replaced.keyframes), ...keyframes(extend.keyframes));
    const parts = [`@theme { ${lines.join("\n")} }`];
    const [kind, selector] = [darkMode].flat();
    if (kind === "class" || kind === "selector") {
      const dark = selector ?? ".dark";
      parts.push(`@custom-variant dark (&:where(${dark}, ${dark} *));`);
    }
    return parts.join("\n");
  }

  const style = document.createElement("style");
  style.type = "text/tailwindcss";
  let config = {};

  function apply() {
    try {
      style.textContent = asCss(config);
    } catch (error) {
      console.warn(`tailwind.config was passed over: ${error}`); // the page works without
    }
    if (!style.isConnected) document.head.append(style);
  }

  // Some set `tailwind.config`, some a member of it, some the whole of `tailwind`.
  let given = {
    get config() {
      queueMicrotask(apply);
      return config;
    },
    set config(value) {
      config = value ?? {};
      apply();
    },
  };
  Object.defineProperty(globalThis, "tailwind", {
    configurable: true,
    get: () => given,
    set: (value) => {
      given.config = value?.config;
      given = Object.defineProperties(value ?? {}, Object.getOwnPropertyDescriptors(given));
    },
  });
})();
