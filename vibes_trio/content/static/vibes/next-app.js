// Shows the pages of a Next app in the browser: the one that the address names, with the layouts round it. What layouts
// write as <html>, <head> and <body> is the page's own already: attributes go to it, children stay.
import { Children, Component, Fragment, Suspense, createElement, isValidElement, lazy, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const PART = /^\[{1,2}(\.\.\.)?(\w+)\]{1,2}$/;

/** Return the parameters that *path* has as the route *parts*, or null: it is another's. */
export function matchRoute(parts, path) {
  const params = {};
  let place = 0;
  for (const part of parts) {
    const [, rest, name] = PART.exec(part) ?? [];
    if (rest) {
      if (place === path.length && !part.startsWith("[[")) return null;
      params[name] = path.slice(place);
      place = path.length;
    } else if (place === path.length) return null;
    else if (name) params[name] = path[place++];
    else if (part !== path[place++]) return null;
  }
  return place === path.length ? params : null;
}

function pathOf(address) {
  return address.split("/").filter(Boolean).map(decodeURIComponent);
}

// Next hands pages promises of their parameters since version 15, and plain objects before: this is both.
function asPromised(value) {
  return Object.assign(Promise.resolve(value), value);
}

function OnPage({ element, props: { children, className, style, ...rest } }) {
  useEffect(() => {
    const added = String(className ?? "").split(/\s+/).filter(Boolean);
    element.classList.add(...added);
    Object.assign(element.style, style);
    const kept = Object.entries(rest).filter(([, value]) => typeof value === "string");
    for (const [name, value] of kept) element.setAttribute(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value);
    return () => element.classList.remove(...added);
  }, []);
  return createElement(Fragment, null, children);
}

function withoutDocument(node) {
  if (Array.isArray(node)) return Children.map(node, withoutDocument);
  if (!isValidElement(node)) return node;
  if (node.type === "html" || node.type === "body") {
    const element = node.type === "html" ? document.documentElement : document.body;
    const props = { ...node.props, children: withoutDocument(node.props.children) };
    return createElement(OnPage, { element, props, key: node.key });
  }
  if (node.type === "head") return createElement(Fragment, { key: "head" }, node.props.children);
  if (node.type === Fragment) return createElement(Fragment, { key: node.key }, withoutDocument(node.props.children));
  return node;
}

function Layout({ of, props }) {
  const made = of(props);
  if (typeof made?.then === "function") throw new Error("This layout runs on a server (it is async): that can't be done here.");
  return withoutDocument(made);
}

function describe({ metadata }) {
  const title = metadata?.title;
  const text = typeof title === "string" ? title : (title?.absolute ?? title?.default);
  if (text) document.title = text;
}

function Missing() {
  const style = { display: "grid", placeItems: "center", minHeight: "60vh", font: "16px system-ui, sans-serif" };
  return createElement("div", { style }, "404 – This page could not be found.");
}

class WhenMissing extends Component {
  state = { address: null };

  static getDerivedStateFromError(error) {
    if (!String(error?.digest ?? error?.message).startsWith("NEXT_NOT_FOUND")) throw error;
    return { address: location.pathname };
  }

  render() {
    return this.state.address === location.pathname ? createElement(this.props.missing) : this.props.children;
  }
}

function useAddress() {
  const [address, setAddress] = useState(location.pathname + location.search);
  useEffect(() => {
    const changed = () => setAddress(location.pathname + location.search);
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  }, []);
  return address;
}

/**
 * Show the page that the address names, and another one when it changes.
 *
 * @param {{pages: object[], wrapper?: object, missing?: () => Promise<object>}} app pages by their path, most exact first;
 *   modules of layouts, outermost first; what wraps each page (`_app`)
 */
export function showPages({ pages, wrapper, missing }) {
  const load = (from) =>
    lazy(async () => {
      const module = await from();
      describe(module);
      if (typeof module.default?.constructor === "function" && module.default.constructor.name === "AsyncFunction") {
        throw new Error("This page runs on a server (its component is async): that can't be done here.");
      }
      return { default: module.default };
    });
  const routes = pages.map((page) => ({ ...page, component: load(page.load) }));
  const NotThere = missing ? load(missing) : Missing;

  function App() {
    const address = useAddress();
    const path = pathOf(new URL(address, location.href).pathname);
    const found = routes.map((route) => ({ route, params: matchRoute(route.path, path) })).find(({ params }) => params);
    const search = asPromised(Object.fromEntries(new URLSearchParams(location.search)));
    globalThis.VIBES_NEXT_PARAMS = { ...found?.params }; // for useParams and next/router
    const params = asPromised(found?.params ?? {});
    const props = wrapper ? {} : { params, searchParams: search };
    const key = found ? found.route.path.join("/") : "404";
    let shown = createElement(found?.route.component ?? NotThere, { ...props, key });
    if (wrapper?.default) {
      shown = createElement(wrapper.default, { Component: found?.route.component ?? NotThere, pageProps: {}, router: {} });
    }
    for (const layout of (found?.route.layouts ?? []).toReversed()) {
      describe(layout);
      shown = createElement(Layout, { of: layout.default, props: { children: shown, params } });
    }
    return createElement(WhenMissing, { missing: NotThere }, createElement(Suspense, { fallback: null }, shown));
  }

  createRoot(document.getElementById("root") ?? document.body.appendChild(document.createElement("div"))).render(
    createElement(App),
  );
}
