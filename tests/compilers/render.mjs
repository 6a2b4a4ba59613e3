// Imports each case's module and renders its default export: node render.mjs FOLDER
// FOLDER holds cases.json and node_modules; results.json is written beside them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const require = createRequire(join(folder, "cases.json"));
const { createElement } = require("react");
const { renderToStaticMarkup } = require("react-dom/server");

// A case's folder says in stubs.json which specifiers are files of its own.
const hooks = `
import { readFileSync } from "node:fs";
export async function resolve(specifier, context, next) {
  if (context.parentURL?.startsWith("file:")) {
    try {
      const stubs = JSON.parse(readFileSync(new URL("stubs.json", context.parentURL), "utf8"));
      if (Object.hasOwn(stubs, specifier)) {
        const url = new URL(stubs[specifier], context.parentURL).href;
        return { url, importAttributes: context.importAttributes, shortCircuit: true };
      }
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return next(specifier, context);
}`;
register("data:text/javascript," + encodeURIComponent(hooks));

const results = [];
for (const [index, { code, modules = {}, props = {} }] of JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")).entries()) {
  const home = join(folder, `case-${index}`);
  mkdirSync(home);
  const stubs = {};
  for (const [number, [specifier, text]] of Object.entries(modules).entries()) {
    stubs[specifier] = `./stub-${number}.${specifier.endsWith(".json") ? "json" : "mjs"}`;
    writeFileSync(join(home, stubs[specifier]), text);
  }
  writeFileSync(join(home, "stubs.json"), JSON.stringify(stubs));
  writeFileSync(join(home, "module.mjs"), code);
  try {
    const module = await import(pathToFileURL(join(home, "module.mjs")).href);
    const exports = Object.keys(module).sort();
    const markup = module.default === undefined ? null : renderToStaticMarkup(createElement(module.default, props));
    results.push({ markup, exports });
  } catch (error) {
    results.push({ error: String(error) });
  }
}
writeFileSync(join(folder, "results.json"), JSON.stringify(results));
