// next/script: a script that is put into the page once.
import { useEffect } from "react";

const put = new Map();

function load({ id, src, children, dangerouslySetInnerHTML, onLoad, onReady, onError, strategy, ...rest }) {
  const key = id ?? src ?? dangerouslySetInnerHTML?.__html ?? String(children);
  if (put.has(key)) {
    put.get(key).then(() => onReady?.());
    return;
  }
  const script = Object.assign(document.createElement("script"), id ? { id } : {});
  for (const [name, value] of Object.entries(rest)) if (typeof value === "string") script.setAttribute(name, value);
  const loaded = new Promise((done) => {
    script.addEventListener("load", (event) => {
      onLoad?.(event);
      done();
    });
    script.addEventListener("error", (event) => onError?.(event));
    if (!src) done();
  });
  if (src) script.src = src;
  else script.textContent = dangerouslySetInnerHTML?.__html ?? [children].flat().join("");
  put.set(key, loaded);
  document.body.append(script);
  loaded.then(() => onReady?.());
}

export default function Script(props) {
  useEffect(() => load(props), []);
  return null;
}
