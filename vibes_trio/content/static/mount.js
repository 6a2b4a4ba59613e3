// Renders the default export of each root module of a page into its container.

const COMPONENT_KINDS = new Set(["memo", "forward_ref", "lazy"].map((kind) => Symbol.for(`react.${kind}`)));
const EXPORTS_DEFAULT = String.raw`\bmodule\.exports\b|\bexport\s+default\b|\bas\s+default\b|\bexport\s*\{\s*default\b`;

function isComponent(value) {
  return typeof value === "function" || COMPONENT_KINDS.has(value?.$$typeof);
}

function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (value.$$typeof) return "an element (what <App/> gives, rather than App)";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

// React's own errors have no frame of the app in their stack; the names of the components around are here.
// What is thrown and is no Error (`throw "text"`) has no stack at all.
function onUncaughtError(thrown, { componentStack }) {
  const error = thrown instanceof Error ? thrown : new Error(`Thrown, though no Error: ${written(thrown)}`);
  if (Object.isExtensible(error)) {
    Object.defineProperty(error, "componentStack", { value: componentStack, configurable: true });
  }
  reportError(error);
}

function written(value) {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return Object.prototype.toString.call(value); // a cycle, a BigInt, a toJSON that throws
  }
}

// A module that shows nothing and says nothing leaves a white page. Some mount themselves in ways that nobody knows:
// so only a page that has stayed empty for a while tells of it.
const EMPTY_MS = 1000;

function tellIfEmpty(served, message) {
  setTimeout(() => {
    const shown = document.body.innerText.trim() || document.body.querySelector("canvas,img,svg,video,iframe,input");
    if (!shown) reportError(new TypeError(message, { cause: { served, pattern: "export|function|=>" } }));
  }, EMPTY_MS);
}

/**
 * Mount a page. A module without a default export has already run and mounts itself, if it wants to.
 *
 * @param {string} containerId id of the element to render into, where the page has none that apps use by habit
 * @param {[string, object, string?][]} roots served name and namespace of each root module, in order; the export that
 *   is its component, if that isn't the default; empty: it has none
 */
export async function mount(containerId, roots) {
  const components = [];
  for (const [served, module, name = "default"] of roots) {
    if (name === "") tellIfEmpty(served, "This file exports no component: write `export default` before the one to show.");
    if (!(name in module)) continue;
    const shown = isComponent(module[name]?.default) ? module[name].default : module[name]; // of CommonJS
    if (isComponent(shown)) components.push(shown);
    else {
      const message = `The default export is ${describe(shown)}, not a component`;
      const hint = "export a function that returns JSX.";
      reportError(new TypeError(`${message}: ${hint}`, { cause: { served, pattern: EXPORTS_DEFAULT } }));
    }
  }
  // Rendering nothing would wipe what a module without default export has put into the container.
  if (components.length === 0) return;
  const [{ createElement, Fragment }, { createRoot }] = await Promise.all([
    import("react"),
    import("react-dom/client"),
  ]);
  const elements = components.map((component, key) => createElement(component, { key }));
  const places = ["root", "app", containerId].map((id) => document.getElementById(id));
  const container = places.find(Boolean) ?? document.body.appendChild(document.createElement("div"));
  createRoot(container, { onUncaughtError }).render(createElement(Fragment, null, elements));
}
