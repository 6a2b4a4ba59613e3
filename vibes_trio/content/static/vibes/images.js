// What apps get as `img-vibes` and `img-gen`: a component that has an image made from a prompt, and keeps it. Each
// image is a document of type "image" in a database of the app, with a file for each version, so it is made once.
//
// Without an image service (VIBES_ENV.CALLAI_IMG_URL) it shows the prompt, and says what is missing.
import { createElement as h, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { imageGen } from "call-ai";
import { useFileUrls, useFireproof } from "@vibes/fireproof";

const MAX_INPUT_PIXELS = 1024;
const INPUT_QUALITY = 0.85;
const BOX = {
  ...{ display: "flex", flexDirection: "column", alignItems: "center", justifyContent: "center", gap: 6, padding: 16 },
  ...{
    minHeight: 160,
    boxSizing: "border-box",
    textAlign: "center",
    overflowWrap: "anywhere",
    font: "14px/1.4 system-ui",
  },
  ...{ background: "#f4f4f5", color: "#3f3f46", border: "1px dashed #a1a1aa", borderRadius: 8 },
};
const BUTTON = { font: "12px system-ui", padding: "2px 8px", cursor: "pointer" };

// Documents

// FNV-1a with 128 bits: of any number of images that people make no two get one name by chance. (The browser's own
// hashes need a page that came over TLS, and make one wait.)
const FNV_OFFSET = 0x6c62272e07bb014262b821756295c58dn;
const FNV_PRIME = 0x1000000000000000000013bn;

/** Return a name of what an image is made from, 32 hexadecimal digits: the same prompt, the same document. */
export function hashInput(prompt, options) {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(JSON.stringify([prompt, options]))) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * FNV_PRIME);
  }
  return hash.toString(16).padStart(32, "0");
}

/** Return the name that older pages gave, of 32 bits, so that what they have made is found again. */
function formerHash(prompt, options) {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([prompt, options])) {
    hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function idOf(prompt, model, files, hash = hashInput) {
  const inputs = files.map(({ name, size, lastModified }) => [name, size, lastModified]);
  return `img-${hash(prompt, { model, inputs })}-${prompt.length}`;
}

/** Return the name of an image, and the one that it may have had: none if the app has named it. */
function namesOf({ _id, prompt, model, files }) {
  if (_id || !prompt) return { id: _id ?? "", former: "" };
  return { id: idOf(prompt, model, files), former: idOf(prompt, model, files, formerHash) };
}

function versionsOf(doc) {
  return (doc?.versions ?? []).filter((version) => doc._files?.[version?.id]);
}

function currentVersion(doc) {
  const last = versionsOf(doc).length - 1;
  return Math.min(doc?.currentVersion ?? last, last);
}

/** Return base64 as a file. */
export function base64ToFile(base64, name = "image.png", type = "image/png") {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new File([bytes], name, { type });
}

async function fileOf({ data }, name) {
  const { b64_json: base64, url } = data?.[0] ?? {};
  if (base64) return base64ToFile(base64, name);
  if (url?.startsWith("data:"))
    return base64ToFile(url.slice(url.indexOf(",") + 1), name, url.slice(5).split(/[;,]/)[0]);
  if (!url) throw new Error("The image service sent no image");
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The image could not be fetched from ${new URL(url).origin} (${answer.status})`);
  const bytes = await answer.blob();
  return new File([bytes], name, { type: bytes.type });
}

/** Services take small pictures: make a large one fit. */
async function shrink(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, MAX_INPUT_PIXELS / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", INPUT_QUALITY));
  return new File([blob], "input.jpg", { type: "image/jpeg" });
}

const underWay = new Map();

/** Have one more version of the image *id* made and stored; return its document. Asked for twice it is made once. */
function makeVersion(database, id, job) {
  const key = [database.name, id, idOf(job.prompt, job.options.model, job.files)].join("/");
  if (!underWay.has(key)) {
    const made = askAndStore(database, id, job).finally(() => underWay.delete(key));
    underWay.set(key, made);
  }
  return underWay.get(key);
}

async function askAndStore(database, id, { prompt, files, options }) {
  const images = await Promise.all(files.map(shrink));
  const made = await imageGen(prompt, { ...options, ...(images.length > 0 && { images }) });
  const file = await fileOf(made, `${id}.png`);
  return inTurn(() => storeVersion(database, id, { prompt, model: options.model, file }));
}

let lastStored = Promise.resolve();

/** Run *job* after those before it: two that read a document and write it must not meet. */
function inTurn(job) {
  const done = lastStored.then(job);
  lastStored = done.catch(() => {});
  return done;
}

// The document may be one of the app's own, of another type: what it has stays as it is.
async function storeVersion(database, id, { prompt, model, file }) {
  const before = await findDocument(database, id);
  const versions = versionsOf(before);
  const version = { id: `v${versions.length + 1}`, created: Date.now(), ...(model && { model }) };
  await database.put({
    ...{ _id: id, type: "image", prompt, created: version.created },
    ...before,
    versions: [...versions, version],
    currentVersion: versions.length,
    _files: { ...before?._files, [version.id]: file },
  });
  return database.get(id);
}

async function findDocument(database, id) {
  try {
    return await database.get(id);
  } catch {
    return null; // the database throws for what it hasn't
  }
}

/** Return the document of the image *id*; one of the same prompt that has its former name gets this one. */
async function findImage(database, id, { prompt, former }) {
  const doc = await findDocument(database, id);
  if (doc !== null || !former) return doc;
  const old = await findDocument(database, former);
  if (old?.prompt !== prompt) return null; // none, or another one by chance
  await database.put({ ...old, _id: id });
  return database.get(id);
}

// Component

/**
 * Load the document of an image, and have the image made if there is none. With files to start from it is always made:
 * who wants it again mounts it again.
 */
function useImage({ database, id, former, prompt, files, options, onComplete, onError, onDocumentCreated }) {
  const [state, setState] = useState({ doc: null, error: null, isBusy: true });
  const latest = useRef({});
  latest.current = { prompt, files, options, onComplete, onError, onDocumentCreated, id, former };
  const make = useCallback(
    async (words) => {
      const { files, options, onComplete, onError, onDocumentCreated } = latest.current;
      const isShown = () => latest.current.id === id;
      setState((before) => ({ ...before, error: null, isBusy: true }));
      try {
        const doc = await makeVersion(database, id, { prompt: words, files, options });
        if (isShown()) setState({ doc, error: null, isBusy: false });
        onDocumentCreated?.(id);
        onComplete?.(doc);
      } catch (error) {
        if (isShown()) setState((before) => ({ ...before, error, isBusy: false }));
        onError?.(error);
      }
    },
    [database, id],
  );
  useEffect(() => {
    let isHere = true;
    setState({ doc: null, error: null, isBusy: id !== "" });
    if (id === "") return undefined;
    findImage(database, id, latest.current).then((doc) => {
      if (!isHere) return;
      const { prompt, files } = latest.current;
      const words = prompt || doc?.prompt;
      const isMade = versionsOf(doc).length > 0 && files.length === 0;
      const missing = words ? null : new Error(`There is no image ${id} in ${database.name}`);
      setState({ doc, error: isMade ? null : missing, isBusy: !isMade && !missing });
      if (!isMade && !missing) void make(words);
    });
    return () => {
      isHere = false;
    };
  }, [database, id]);
  useEffect(() => {
    if (id === "") return undefined;
    return database.subscribe(async (changes) => {
      if (!changes.some(({ _id }) => _id === id)) return;
      const doc = await findDocument(database, id); // another place of the page has made a version
      if (latest.current.id !== id || versionsOf(doc).length === 0) return;
      setState((before) => (before.isBusy ? before : { doc, error: null, isBusy: false }));
    }, true);
  }, [database, id]);
  const show = async (index) => {
    const doc = { ...state.doc, currentVersion: index };
    setState({ ...state, doc });
    await database.put(doc);
  };
  const [doc] = useFileUrls(useMemo(() => (state.doc ? [state.doc] : []), [state.doc]));
  return { ...state, doc: doc ?? null, make, show };
}

function blobsOf(...files) {
  return files.flat().filter((file) => file instanceof Blob);
}

/**
 * The image without a component: its document, of which a file of the current version has the address (`url`).
 *
 * @returns {{loading: boolean, progress: number, error: Error | null, document: object | null}} progress: 0 to 100
 */
export function useImgGen({ prompt, _id, database: wanted = "ImgGen", skip = false, generationId, inputImage, model }) {
  const { database } = useFireproof(wanted);
  const files = blobsOf(inputImage);
  const { id, former } = skip ? { id: "", former: "" } : namesOf({ _id, prompt, model, files });
  const image = useImage({ database, id, former, prompt, files, options: model ? { model } : {} });
  useEffect(() => {
    if (generationId && id && prompt) void image.make(prompt);
  }, [generationId]);
  const loading = id !== "" && image.isBusy;
  const progress = loading ? 10 : image.doc ? 100 : 0;
  return { loading, progress, error: image.error, document: image.doc };
}

function Box({ className, style, children }) {
  return h("div", { className, style: { ...BOX, ...style } }, children);
}

function Note({ prompt, error, className, style }) {
  const words =
    error.errorType === "NotSetUp"
      ? "No image service is set up on this server (CALLAI_IMG_URL)."
      : `No image: ${error.message}`;
  return h(Box, { className, style }, prompt && h("strong", null, prompt), h("span", null, words));
}

function Controls({ image }) {
  const count = versionsOf(image.doc).length;
  const index = currentVersion(image.doc);
  const button = (label, title, onClick, disabled) =>
    h("button", { type: "button", style: BUTTON, title, "aria-label": title, onClick, disabled }, label);
  return h(
    "div",
    { style: { display: "flex", gap: 6, justifyContent: "center", padding: 4 } },
    count > 1 && button("‹", "Previous version", () => image.show(index - 1), index === 0),
    count > 1 && h("span", { style: { font: BUTTON.font } }, `${index + 1} / ${count}`),
    count > 1 && button("›", "Next version", () => image.show(index + 1), index === count - 1),
    button("↻", "Make another version", () => image.make(image.doc.prompt), image.isBusy),
  );
}

function Form({ className, style, onPrompt }) {
  const submit = (event) => {
    event.preventDefault();
    const prompt = new FormData(event.target).get("prompt").trim();
    if (prompt) onPrompt(prompt);
  };
  return h(
    "form",
    { className, style, onSubmit: submit },
    h("input", { name: "prompt", placeholder: "What should the image show?", "aria-label": "Prompt" }),
    h("button", { type: "submit" }, "Make it"),
  );
}

/**
 * Show an image.
 *
 * @param {object} props prompt; `_id` of a stored image instead; `database` (name, or open); `images` or `inputImage`:
 *   files to start from; model, options (of imageGen); className, style, alt: of the image; showControls; onComplete,
 *   onError, onDocumentCreated. With neither prompt nor `_id` it asks for a prompt.
 */
export function ImgGen({ database: wanted = "ImgGen", ...props }) {
  const { _id, images, inputImage, className, style, alt, model, showControls = true } = props;
  const { database } = useFireproof(wanted);
  const [typed, setTyped] = useState("");
  const prompt = props.prompt || typed;
  const files = blobsOf(images, inputImage);
  const { id, former } = namesOf({ _id, prompt, model, files });
  const options = { ...props.options, ...(model && { model }) };
  const image = useImage({ ...props, database, id, former, prompt, files, options });
  const version = versionsOf(image.doc)[currentVersion(image.doc)];
  const url = version && image.doc._files[version.id].url;
  const words = image.doc?.prompt ?? prompt;
  if (id === "") return h(Form, { className, style, onPrompt: setTyped });
  if (image.error) return h(Note, { prompt: words, error: image.error, className, style });
  if (!url) return h(Box, { className, style }, words, h("span", null, "…"));
  const picture = h("img", { src: url, alt: alt ?? words, className, style: { maxWidth: "100%", ...style } });
  if (!showControls) return picture;
  return h("div", { style: { display: "inline-block", maxWidth: "100%" } }, picture, h(Controls, { image }));
}

/** ImgGen under its other name, with its own default database. */
export function ImgVibes({ database = "ImgVibes", ...props }) {
  return h(ImgGen, { database, ...props });
}

export default ImgGen;
