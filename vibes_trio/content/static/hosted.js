// Module hosts while an app runs: this server answers in their place, under a folder of the release (see
// hosted_at_run.py). Addresses that scripts put together are led there: of script and link elements, of workers and of
// requests; in a worker that is made of a blob, too, whose text begins with this very function.
"use strict";
((install) => {
  const { root, hosts } = document.currentScript.dataset;
  install(globalThis, new URL(root, location.href).href, JSON.parse(hosts), install);
})(function install(scope, root, hosts, itself) {
  const ADDRESS = /^\s*(?:https?:)?\/\/([^/?#\s]+)(\/[^#\s]*)/i;
  const QUOTED = /(["'`])((?:https?:)?\/\/[^"'`\s\\]{1,500})\1/g;
  const MAX_TEXT = 4 * 1024 * 1024;

  function own(value) {
    const text = typeof value === "string" || value === null || value === undefined ? value : String(value);
    const [, host, path] = ADDRESS.exec(text ?? "") ?? [];
    const start = host && Object.hasOwn(hosts, host.toLowerCase()) ? hosts[host.toLowerCase()] : null;
    if (start === null || !path.startsWith(start) || path.endsWith("/+esm")) return value;
    return `${root}~~hosted~~/${host.toLowerCase()}${path}`;
  }

  function wrapSetter(prototype, name) {
    const { get, set, enumerable } = Object.getOwnPropertyDescriptor(prototype, name);
    const { take } = {
      take(value) {
        set.call(this, own(value));
      },
    };
    Object.defineProperty(prototype, name, { get, set: take, enumerable, configurable: true });
  }

  function wrapFunction(owner, name, change) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    const apply = (original, self, given) => Reflect.apply(original, self, change(given));
    if (property?.value) Object.defineProperty(owner, name, { ...property, value: new Proxy(property.value, { apply }) });
  }

  // The text of a worker that is made of a blob, with this function before it and its own addresses led here.
  function ofBlob(address) {
    const request = new XMLHttpRequest();
    request.open("GET", address, false); // the blob may be gone when this returns
    request.send();
    const text = request.responseText;
    if (text.length > MAX_TEXT) return address;
    const given = `${JSON.stringify(root)}, ${JSON.stringify(hosts)}`;
    const lead = `(() => { const install = ${itself}; install(self, ${given}, install); })();\n`;
    const led = text.replace(QUOTED, (_, mark, written) => mark + own(written) + mark);
    return URL.createObjectURL(new Blob([lead, led], { type: "text/javascript" }));
  }

  function wrapWorker(name) {
    const original = scope[name];
    if (!original) return;
    const construct = (target, [address, ...rest], made) => {
      let led = own(address);
      try {
        if (String(led).startsWith("blob:")) led = ofBlob(String(led));
      } catch {
        // What can't be read starts as it is.
      }
      return Reflect.construct(target, [led, ...rest], made);
    };
    scope[name] = new Proxy(original, { construct });
  }

  function ofRequest([asked, ...rest]) {
    if (typeof Request === "undefined" || !(asked instanceof Request)) return [own(asked), ...rest];
    const led = own(asked.url);
    return [led === asked.url ? asked : new Request(led, asked), ...rest];
  }

  wrapFunction(scope, "fetch", ofRequest);
  wrapFunction(XMLHttpRequest.prototype, "open", ([method, address, ...rest]) => [method, own(address), ...rest]);
  wrapWorker("Worker");
  wrapWorker("SharedWorker");
  if (typeof document === "undefined") {
    wrapFunction(scope, "importScripts", (given) => given.map(own));
    return;
  }
  wrapSetter(HTMLScriptElement.prototype, "src");
  wrapSetter(HTMLLinkElement.prototype, "href");
  for (const [{ prototype }, attribute] of [[HTMLScriptElement, "src"], [HTMLLinkElement, "href"]]) {
    const original = prototype.setAttribute; // fonts.js may have one of its own
    const { setAttribute } = {
      setAttribute(name, value) {
        return original.call(this, name, String(name).toLowerCase() === attribute ? own(value) : value);
      },
    };
    Object.defineProperty(prototype, "setAttribute", { value: setAttribute, writable: true, configurable: true });
  }
});
