// Reads a zip archive in the browser: the server never unpacks anything. Strict: whatever is not plain (parts, encryption,
// links, names that lead out of the folder, entries that overlap or turn out longer than they say) is refused with words,
// and nothing is held that is longer than an app may be.
//
//   const entries = await readZip(blob, limits);   // [{ name, size, read() }], names as in the folder
//
// `limits`: entries, fileBytes, releaseBytes, nameChars.

import { WORDS } from "./words.js";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;
const ENCRYPTED = 1 | (1 << 6) | (1 << 13);
const IS_UTF8 = 1 << 11;
const STORED = 0;
const DEFLATED = 8;
const UNIX = 3;
const LINK = 0o120000;
const KIND = 0o170000;

export class ZipError extends Error {}

export async function readZip(blob, limits) {
  const end = await findEnd(blob);
  if (end.size > MAX_DIRECTORY_BYTES) throw new ZipError(WORDS.zip.tooMany(limits.entries));
  const directory = await viewOf(blob, end.offset, end.size);
  const entries = [];
  let at = 0;
  for (let index = 0; index < end.entries; index += 1) {
    const entry = readEntry(directory, at, end.offset);
    at = entry.next;
    if (entry.name.endsWith("/")) continue;
    checkName(entry.name, limits);
    entries.push(entry);
    if (entries.length > limits.entries) throw new ZipError(WORDS.zip.tooMany(limits.entries));
  }
  checkApart(entries);
  const budget = { left: limits.releaseBytes };
  return entries.filter(({ isLink }) => !isLink).map((entry) => ({
    name: entry.name,
    size: entry.size,
    read: () => unpack(blob, entry, limits, budget),
  }));
}

async function viewOf(blob, start, size) {
  if (start < 0 || start + size > blob.size) throw new ZipError(WORDS.zip.broken);
  return new DataView(await blob.slice(start, start + size).arrayBuffer());
}

// The end is where its comment ends with the file: a comment that looks like an end does not.
async function findEnd(blob) {
  const start = Math.max(0, blob.size - END_BYTES - MAX_COMMENT_BYTES);
  const view = await viewOf(blob, start, blob.size - start);
  for (let at = view.byteLength - END_BYTES; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END || at + END_BYTES + view.getUint16(at + 20, true) !== view.byteLength) continue;
    const [disk, first, here, entries] = [4, 6, 8, 10].map((field) => view.getUint16(at + field, true));
    const [size, offset] = [12, 16].map((field) => view.getUint32(at + field, true));
    if (disk || first || here !== entries) throw new ZipError(WORDS.zip.parts);
    if (entries === 0xffff || size === 0xffffffff || offset === 0xffffffff) throw new ZipError(WORDS.zip.large);
    if (offset + size > start + at) throw new ZipError(WORDS.zip.broken);
    return { entries, size, offset };
  }
  throw new ZipError(WORDS.zip.none);
}

function readEntry(view, at, limit) {
  if (at + CENTRAL_BYTES > view.byteLength || view.getUint32(at, true) !== CENTRAL) throw new ZipError(WORDS.zip.broken);
  const [flags, method] = [8, 10].map((field) => view.getUint16(at + field, true));
  const [crc, packed, size] = [16, 20, 24].map((field) => view.getUint32(at + field, true));
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
  const [attributes, offset] = [38, 42].map((field) => view.getUint32(at + field, true));
  const next = at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
  if (next > view.byteLength || offset + LOCAL_BYTES + packed > limit) throw new ZipError(WORDS.zip.broken);
  const raw = new Uint8Array(view.buffer, view.byteOffset + at + CENTRAL_BYTES, nameBytes);
  const name = nameOf(raw, flags);
  if (flags & ENCRYPTED) throw new ZipError(WORDS.zip.secret(name));
  if (method !== STORED && method !== DEFLATED) throw new ZipError(WORDS.zip.method(name));
  if (method === STORED && packed !== size) throw new ZipError(WORDS.zip.broken);
  const isLink = view.getUint8(at + 5) === UNIX && ((attributes >>> 16) & KIND) === LINK;
  return { name, raw, method, crc, packed, size, offset, isLink, next };
}

// Without the flag programs of today write UTF-8 all the same, older ones the letters of their system.
function nameOf(raw, flags) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    if (flags & IS_UTF8) throw new ZipError(WORDS.zip.broken);
    return new TextDecoder("windows-1252").decode(raw);
  }
}

function checkName(name, limits) {
  const parts = name.split("/");
  const leadsOut = parts.some((part) => part === "" || part === "." || part === "..") || /^[a-z]:/i.test(name);
  // eslint-disable-next-line no-control-regex
  if (leadsOut || /[\\\u0000-\u001f\u007f]/.test(name)) throw new ZipError(WORDS.zip.name(name.slice(0, 80)));
  if (name.length > limits.nameChars) throw new ZipError(WORDS.zip.longName(name.slice(0, 80)));
}

// Archives whose entries share their bytes unpack to a thousand times what they are; and of two of one name each program
// takes another.
function checkApart(entries) {
  const names = new Set();
  let end = 0;
  for (const { name, offset, packed } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (offset < end) throw new ZipError(WORDS.zip.overlap);
    if (names.has(name)) throw new ZipError(WORDS.zip.twice(name));
    names.add(name);
    end = offset + LOCAL_BYTES + packed;
  }
}

async function unpack(blob, entry, limits, budget) {
  if (entry.size > limits.fileBytes) throw new ZipError(WORDS.tooLargeFile(entry.name, limits.fileBytes));
  if (entry.size > budget.left) throw new ZipError(WORDS.tooLarge(limits.releaseBytes));
  budget.left -= entry.size;
  const head = await viewOf(blob, entry.offset, LOCAL_BYTES + entry.raw.length);
  const isSame =
    head.getUint32(0, true) === LOCAL &&
    head.getUint16(8, true) === entry.method &&
    head.getUint16(26, true) === entry.raw.length &&
    entry.raw.every((byte, index) => head.getUint8(LOCAL_BYTES + index) === byte);
  if (!isSame) throw new ZipError(WORDS.zip.broken);
  const start = entry.offset + LOCAL_BYTES + entry.raw.length + head.getUint16(28, true);
  const packed = blob.slice(start, start + entry.packed);
  if (packed.size !== entry.packed) throw new ZipError(WORDS.zip.broken);
  const content = entry.method === STORED ? new Uint8Array(await packed.arrayBuffer()) : await inflate(packed, entry);
  if (content.length !== entry.size || crc32(content) !== entry.crc) throw new ZipError(WORDS.zip.damaged(entry.name));
  return content;
}

async function inflate(packed, entry) {
  const content = new Uint8Array(entry.size);
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > entry.size) throw new ZipError(WORDS.zip.damaged(entry.name));
      content.set(value, length);
      length += value.length;
    }
  } catch (error) {
    throw error instanceof ZipError ? error : new ZipError(WORDS.zip.damaged(entry.name));
  } finally {
    reader.cancel().catch(() => {});
  }
  return content.subarray(0, length);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(content) {
  let crc = 0xffffffff;
  for (const byte of content) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
