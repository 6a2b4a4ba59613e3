// Deploys what was collected: what the server has already is named and not sent again, what is too long for a message is
// uploaded before, and how far it is is told. As `vibes-trio deploy` does it.

import { api } from "./api.js";
import { toBase64 } from "./folder.js";
import { WORDS } from "./words.js";

const DEPLOY = "vibes.diy.req-ensure-app-slug";
const MISSING = "vibes.diy.req-list-missing-assets";
const GRANT = "vibes.diy.req-asset-upload-grant";
const SENT_WHOLE_BYTES = 64 * 1024; // so little is sent without asking what is there
const SHARE_OF_MESSAGE = 2 / 3;
const PART_BYTES = 1024 * 1024;
const UPLOADS_AT_ONCE = 4;
const TRIES = 4;
const PAUSE_MS = 500;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

// `found`: of folder.js; `named`: appSlug, ownerHandle, mode, message; `tell(words, part)`: part of 1, or undefined.
export async function deploy(found, named, limits, tell) {
  const files = found.files.map(blockOf);
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const sent = size > SENT_WHOLE_BYTES && crypto.subtle ? await lighter(files, named, limits, tell) : files.map(({ block }) => block);
  tell(WORDS.sending, undefined);
  const members = { ...named, fileSystem: sent, env: found.env, progress: true };
  return api.ask(DEPLOY, members, { progress: (event) => tell(...wordsOf(event)) });
}

function wordsOf({ stage, files, partNumber, parts }) {
  if (stage === "received") return [WORDS.stages.received(files), undefined];
  if (stage === "packages") return [WORDS.stages.packages(partNumber, parts), parts ? partNumber / parts : undefined];
  return [WORDS.stages[stage] ?? stage, stage === "ready" ? 1 : undefined];
}

// -- files as the message has them ------------------------------------------------------------------------

function blockOf({ name, lang, isText, entryPoint, content }) {
  const common = { filename: `/${name}`, ...(entryPoint ? { entryPoint: true } : {}) };
  const text = textOf(content, Boolean(isText));
  if (lang && text === null) throw new Error(WORDS.noText(name));
  const bytes = text === null ? content : new TextEncoder().encode(text);
  if (lang) return { bytes, block: { type: "code-block", lang, ...common, content: text }, ref: "code-ref" };
  if (text === null) {
    return { bytes, block: { type: "uint8-asset-block", ...common, content: toBase64(content) }, ref: "uint8-asset-ref" };
  }
  return { bytes, block: { type: "str-asset-block", ...common, content: text }, ref: "str-asset-ref" };
}

// UTF-8; of what is text for sure also UTF-16, as editors and shells of Windows write it, with its mark. null: bytes.
function textOf(content, isText) {
  const [first, second] = content;
  const marked = isText && ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff));
  const encoding = marked ? (first === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: !marked }).decode(content);
    return isText || !text.includes("\0") ? text : null;
  } catch {
    return null;
  }
}

// -- only what is missing ---------------------------------------------------------------------------------

async function lighter(files, named, limits, tell) {
  for (const file of files) file.cid = await cidOf(file.bytes);
  const cids = [...new Set(files.map(({ cid }) => cid))];
  const missing = new Set((await api.ask(MISSING, { cids })).missing);
  const before = sentBefore(files.filter(({ cid }) => missing.has(cid)), limits.messageBytes * SHARE_OF_MESSAGE);
  await putAll(before, named, tell);
  const there = new Set(before.map(({ cid }) => cid));
  return files.map((file) => (there.has(file.cid) || !missing.has(file.cid) ? refOf(file) : file.block));
}

function refOf({ block, ref, cid }) {
  const { content, lang, ...common } = block;
  return { ...common, type: ref, refId: cid };
}

function sentBefore(files, room) {
  const longest = [...files].sort((a, b) => b.bytes.length - a.bytes.length);
  let size = longest.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const before = [];
  for (const file of longest) {
    if (size <= room) break;
    before.push(file);
    size -= file.bytes.length;
  }
  return [...new Map(before.map((file) => [file.cid, file])).values()];
}

async function putAll(files, named, tell) {
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const left = [...files];
  let sent = 0;
  async function work() {
    for (let file = left.shift(); file; file = left.shift()) {
      await put(file, named, (bytes) => {
        sent += bytes;
        tell(WORDS.uploading(sent, total), sent / total);
      });
    }
  }
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, work));
}

// In parts, each tried again: where it goes on the server says.
async function put({ bytes, cid }, { ownerHandle, appSlug }, onSent) {
  const { uploadUrl, grant } = await api.ask(GRANT, { ownerHandle, appSlug, mimeType: "application/octet-stream" });
  const headers = { "x-asset-grant": grant };
  let offset = 0;
  for (let tries = TRIES; ; ) {
    const part = bytes.subarray(offset, offset + PART_BYTES);
    const isLast = offset + part.length === bytes.length;
    try {
      const sent = { ...headers, "upload-offset": String(offset), "upload-complete": isLast ? "?1" : "?0" };
      const answer = await fetch(uploadUrl, { method: "POST", headers: sent, body: part });
      const told = await answer.json();
      if (!answer.ok) throw Object.assign(new Error(told.message), { isRefusal: true });
      onSent(part.length);
      offset += part.length;
      tries = TRIES;
      if (isLast) {
        if (told.cid !== cid) throw Object.assign(new Error(WORDS.changed), { isRefusal: true });
        return;
      }
    } catch (error) {
      tries -= 1;
      if (error.isRefusal || tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (TRIES - tries)));
      const answer = await fetch(uploadUrl, { method: "HEAD", headers }).catch(() => null);
      const arrived = Number(answer?.headers.get("upload-offset") ?? offset);
      onSent(arrived - offset);
      offset = arrived;
    }
  }
}

async function cidOf(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  let number = digest.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  return `z${"1".repeat(digest.findIndex((byte) => byte !== 0))}${text}`;
}
