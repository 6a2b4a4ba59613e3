// What somebody drops, chooses or pastes, as files to deploy. Which of them are sent and how is not decided here: the
// server is asked (req-plan-deploy), level by level, so that what is left out (node_modules) is not even looked into.
//
//   const found = await collect(await ofFiles(files, limits), ask, limits);
//   found: { slug, files: [{ name, lang, isText, entryPoint, content }], leftOut, warnings, env }

import { WORDS } from "./words.js";

const IGNORE = ".vibesignore";
const ENV = /^\.env(\.|$)/;
const MAX_ENV_BYTES = 64 * 1024;
const CONTENT_BYTES = 2 * 1024 * 1024; // of suspect files, that are asked about at once
const ZIP = /\.zip$/i;
const PLAN = "vibes.diy.req-plan-deploy";

// -- where files come from: a tree of { name, children() } and { name, size, read() } ---------------------

// Of a drop: its entries (webkitGetAsEntry) and files.
export async function ofDrop(entries, files, limits) {
  if (entries.length === 1 && entries[0].isDirectory) return nodeOf(entries[0]);
  if (files.length === 1 && ZIP.test(files[0].name)) return ofZip(files[0], limits);
  return { name: nameOfLoose(files), children: async () => entries.map(nodeOf) };
}

// Of an `<input type=file>`, with or without `webkitdirectory`.
export async function ofFiles(files, limits) {
  if (files.length === 1 && !files[0].webkitRelativePath && ZIP.test(files[0].name)) return ofZip(files[0], limits);
  const named = files.map((file) => ({
    name: file.webkitRelativePath || file.name,
    size: file.size,
    read: async () => new Uint8Array(await file.arrayBuffer()),
  }));
  return unwrapped(treeOf(nameOfLoose(files), named));
}

async function ofZip(file, limits) {
  const { readZip } = await import("./zip.js");
  return unwrapped(treeOf(file.name.replace(ZIP, ""), await readZip(file, limits)));
}

export function ofText(text, name) {
  const content = new TextEncoder().encode(text);
  return treeOf("", [{ name, size: content.length, read: async () => content }]);
}

// An archive of a folder holds that folder; so does the list of one that was chosen.
async function unwrapped(tree) {
  const children = (await tree.children()).filter(({ name }) => name !== "__MACOSX");
  return children.length === 1 && children[0].children ? children[0] : tree;
}

function nameOfLoose(files) {
  return files.length === 1 ? files[0].name.replace(/\.[^.]+$/, "") : "";
}

function nodeOf(entry) {
  return entry.isDirectory ? { name: entry.name, children: () => childrenOf(entry) } : fileOf(entry);
}

function fileOf(entry) {
  const open = () => new Promise((resolve, reject) => entry.file(resolve, reject));
  return {
    name: entry.name,
    open,
    read: async () => new Uint8Array(await (await open()).arrayBuffer()),
  };
}

async function childrenOf(directory) {
  const reader = directory.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (some.length === 0) return found.map(nodeOf);
    found.push(...some);
  }
}

function treeOf(name, files) {
  const root = new Map();
  for (const file of files) {
    const parts = file.name.split("/");
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const there = folder.get(part);
      if (!(there instanceof Map)) folder.set(part, new Map());
      folder = folder.get(part);
    }
    folder.set(parts.at(-1), { ...file, name: parts.at(-1) });
  }
  return folderOf(name, root);
}

function folderOf(name, entries) {
  const children = async () =>
    [...entries].map(([key, value]) => (value instanceof Map ? folderOf(key, value) : value));
  return { name, children };
}

// -- what is sent of them ---------------------------------------------------------------------------------

export async function collect(tree, ask, limits) {
  const top = await tree.children();
  const about = { folder: tree.name.slice(0, limits.nameChars), ignore: await readIgnore(top) };
  const { kept, leftOut, env } = await walk(top, about, ask, limits);
  const judged = await judge(kept, env, about, ask);
  const sent = kept.filter(({ path }) => !judged.leftOut.has(path));
  if (sent.length === 0) throw new Error(WORDS.nothing);
  // What its content lets through stays: without the content only its name counts.
  const plan = await ask(PLAN, { ...about, entries: sent.map(({ path, size }) => ({ name: path, size })) });
  const contents = new Map(sent.map(({ path, content }) => [path, content]));
  return {
    slug: plan.appSlug,
    files: plan.files.map((file) => ({ ...file, content: contents.get(file.name) })),
    leftOut: [...leftOut, ...[...judged.leftOut].map(([name, reason]) => ({ name, reason }))],
    warnings: plan.showsNothing ? [...judged.warnings, WORDS.showsNothing] : judged.warnings,
    env: judged.env,
  };
}

async function readIgnore(top) {
  const file = top.find(({ name, read }) => read && name === IGNORE);
  return file ? new TextDecoder().decode(await file.read()) : "";
}

async function walk(top, about, ask, limits) {
  const kept = [];
  const leftOut = [];
  const env = [];
  let seen = 0;
  let level = top.map((node) => [node.name, node]);
  while (level.length) {
    seen += level.length;
    if (seen > limits.entries) throw new Error(WORDS.tooManyEntries(limits.entries));
    const named = await Promise.all(level.map(async ([path, node]) => describe(path, node)));
    const plan = await askAll(ask, about, named, limits.files);
    const out = new Set(plan.leftOut.map(({ name }) => name));
    leftOut.push(...plan.leftOut);
    const next = [];
    for (const [index, [path, node]] of level.entries()) {
      if (!path.includes("/") && node.read && ENV.test(path)) env.push(...(await envOf(path, node)));
      if (out.has(named[index].name)) continue;
      if (node.children) next.push(...(await node.children()).map((child) => [`${path}/${child.name}`, child]));
      else kept.push({ path, node, size: named[index].size });
    }
    check(kept, limits);
    level = next;
  }
  for (const file of kept) file.content = await file.node.read();
  return { kept, leftOut: leftOut.filter(({ name }) => name !== IGNORE), env };
}

async function describe(path, node) {
  if (node.children) return { name: `${path}/` };
  node.size ??= (await node.open()).size;
  return { name: path, size: node.size };
}

async function envOf(path, node) {
  const content = await node.read();
  return content.length <= MAX_ENV_BYTES ? [{ name: path, content: toBase64(content) }] : [];
}

function check(kept, limits) {
  if (kept.length > limits.files) throw new Error(WORDS.tooManyFiles(limits.files));
  const large = kept.find(({ size }) => size > limits.fileBytes);
  if (large) throw new Error(WORDS.tooLargeFile(large.path, limits.fileBytes));
  const total = kept.reduce((sum, { size }) => sum + size, 0);
  if (total > limits.releaseBytes) throw new Error(WORDS.tooLarge(limits.releaseBytes));
}

// Of files that may hold a key the content decides; which may, the server says by a pattern.
async function judge(kept, envFiles, about, ask) {
  const { suspect, suspectBytes, env } = await ask(PLAN, { ...about, entries: envFiles });
  const pattern = new RegExp(suspect, "i");
  const leftOut = new Map();
  const warnings = [];
  let some = [];
  let held = 0;
  async function flush() {
    const plan = await ask(PLAN, { ...about, entries: some });
    for (const { name, reason } of plan.leftOut) leftOut.set(name, reason);
    warnings.push(...(plan.warnings ?? []));
    [some, held] = [[], 0];
  }
  for (const { path, size, content } of kept) {
    if (content.length > suspectBytes || !pattern.test(new TextDecoder("latin1").decode(content))) continue;
    some.push({ name: path, size, content: toBase64(content) });
    held += content.length;
    if (held > CONTENT_BYTES) await flush();
  }
  if (some.length) await flush();
  return { leftOut, warnings, env };
}

async function askAll(ask, about, entries, most) {
  const plans = [];
  for (let at = 0; at < entries.length; at += most) {
    plans.push(await ask(PLAN, { ...about, entries: entries.slice(at, at + most) }));
  }
  const [first] = plans;
  return first && { ...first, files: plans.flatMap((plan) => plan.files), leftOut: plans.flatMap((plan) => plan.leftOut) };
}

export function toBase64(content) {
  let text = "";
  for (let at = 0; at < content.length; at += 0x8000) text += String.fromCharCode(...content.subarray(at, at + 0x8000));
  return btoa(text);
}

// -- pasted code ------------------------------------------------------------------------------------------

const FENCE = /^\s*```(\w*)[^\n]*\n([\s\S]*?)\n?```\s*$/;
// Each can be read in one way alone: what is pasted may be long, and written to be slow.
const HTML = /^\s*(?:<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:!doctype|html|head|body)\b/i;
const MODULE = /^[\t ]*(?:import\b|export\b)|\bexport\s+default\b|\bReactDOM\b|=>|\bfunction\b|\bconst\b/m;
const TYPES = /^[\t ]*(?:export\s+)?(?:interface|type)\s+\w+|:\s*React\.(?:FC|ReactNode)\b|\buse(?:State|Ref|Reducer)<|\)\s*:\s*JSX\.Element|\b\w+\s*:\s*(?:string|number|boolean)\b\s*[;,)=]/m;

// What pasted code is called: what it is decides how it is read.
export function nameOfCode(text) {
  const [, label, inner] = FENCE.exec(text) ?? [];
  const code = inner ?? text;
  if (/^html?$/i.test(label ?? "") || HTML.test(code) || (/^\s*</.test(code) && !MODULE.test(code))) return "index.html";
  return /^tsx?$|^typescript/i.test(label ?? "") || TYPES.test(code) ? "App.tsx" : "App.jsx";
}

export function codeOf(text) {
  return FENCE.exec(text)?.[2] ?? text;
}
