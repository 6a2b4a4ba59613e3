// The place where files are dropped: what comes there is deployed, with progress, warnings and the result beside it.

import { api } from "./api.js";
import { ask, el, plain, say } from "./page.js";
import { WORDS } from "./words.js";

const SETTINGS = "vibes.diy.req-ensure-app-settings";
const EXAMPLE = "example.json";
const SHOWN = 8;
const UNTOLD = /^(App|Main|Index|Page|Component)$/;

// What reads files is loaded once there are some.
const reader = () => import("./folder.js");
const at = (id) => document.getElementById(id);

// `done`: is called with the answer of each deploy.
export function openDrop(done) {
  const form = at("drop");
  if (!form) return;
  const limits = JSON.parse(form.dataset.limits);
  const zone = at("drop-zone");
  let busy = false;

  async function take(find, slug) {
    if (busy) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await send(form, await find(), limits, slug);
      if (answer) await done(answer);
    } catch (error) {
      show(el("p", { class: "notice bad", role: "alert" }, el("strong", {}, WORDS.notDeployed), ` ${plain(error.message)}`));
    } finally {
      at("drop-progress").hidden = true;
      form.removeAttribute("aria-busy");
      busy = false;
    }
  }

  for (const type of ["dragenter", "dragover"]) {
    addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy"; // elsewhere nothing may be dropped
      zone.classList.add("is-over");
    });
  }
  addEventListener("dragleave", (event) => event.relatedTarget === null && zone.classList.remove("is-over"));
  addEventListener("drop", (event) => {
    zone.classList.remove("is-over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...event.dataTransfer.files]; // both are gone after the event
    take(async () => (await reader()).ofDrop(entries, files, limits));
  });
  choose("pick-folder", "folder-input", (files) => take(async () => (await reader()).ofFiles(files, limits)));
  choose("pick-files", "files-input", (files) => take(async () => (await reader()).ofFiles(files, limits)));
  at("paste-open").addEventListener("click", () => openPaste());
  at("paste-go").addEventListener("click", () => {
    const text = at("paste-code").value;
    if (!text.trim()) return say(WORDS.nothing, true);
    take(async () => {
      const { codeOf, nameOfCode, ofText } = await reader();
      return ofText(codeOf(text), nameOfCode(text));
    }, titleOf(text));
  });
  at("example")?.addEventListener("click", () => take(example));
  form.addEventListener("submit", (event) => event.preventDefault());
}

function choose(button, input, take) {
  at(button).addEventListener("click", () => at(input).click());
  at(input).addEventListener("change", () => {
    const files = [...at(input).files];
    at(input).value = ""; // the same folder again is a change, too
    if (files.length) take(files);
  });
}

function openPaste() {
  const isOpen = at("paste").hidden;
  at("paste").hidden = !isOpen;
  at("paste-open").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) at("paste-code").focus();
}

async function example() {
  const answer = await fetch(new URL(EXAMPLE, import.meta.url));
  const files = (await answer.json()).map(({ name, content }) => ({
    name,
    bytes: Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)),
  }));
  const { ofFiles } = await reader();
  return ofFiles(files.map(({ name, bytes }) => relative(new File([bytes], name.split("/").pop()), name)));
}

function relative(file, path) {
  Object.defineProperty(file, "webkitRelativePath", { value: `example/${path}` });
  return file;
}

function titleOf(code) {
  const [, title] = /<title>([^<]{1,60})<\/title>/i.exec(code) ?? [];
  const [, component = ""] = /export\s+default\s+(?:async\s+)?(?:function|class)?\s*([A-Z]\w{0,60})/.exec(code) ?? [];
  return (title ?? (UNTOLD.test(component) ? "" : component.replace(/([a-z0-9])([A-Z])/g, "$1-$2")))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 30);
}

async function send(form, tree, limits, suggested) {
  tell(WORDS.reading);
  const [{ collect }, { deploy }] = await Promise.all([reader(), import("./deploy.js")]);
  const found = await collect(tree, (type, members) => api.ask(type, members), limits);
  const ownerHandle = at("drop-handle")?.value.trim() ?? form.dataset.handle;
  const wanted = at("drop-name")?.value.trim() ?? "";
  const appSlug = form.dataset.slug || wanted || found.slug || suggested || "";
  if (!form.dataset.slug && !(await mayTake(ownerHandle, appSlug))) return null;
  const mode = at("drop-dev").checked ? "dev" : "production";
  const named = { ownerHandle, appSlug, mode, message: at("drop-message").value.trim() };
  const answer = await deploy(found, named, limits, tell);
  showResult(answer, found);
  at("drop-message").value = "";
  return answer;
}

async function mayTake(ownerHandle, appSlug) {
  if (!ownerHandle || !appSlug) return true;
  const there = await api.ask(SETTINGS, { ownerHandle, appSlug }).catch(() => ({ error: "not-found" }));
  return Boolean(there.error) || ask(WORDS.isThere(appSlug), WORDS.deployAgain);
}

function tell(words, part) {
  at("drop-result").hidden = true;
  at("drop-progress").hidden = false;
  at("drop-words").textContent = words;
  if (part === undefined) at("drop-bar").removeAttribute("value");
  else at("drop-bar").value = part;
}

function show(...parts) {
  const result = at("drop-result");
  result.replaceChildren(...parts.filter(Boolean));
  result.hidden = false;
  result.focus();
}

function showResult(answer, found) {
  const address = answer.mode === "dev" ? answer.entryPointUrl : answer.entryPointUrl.replace(/~[^/]*~\/$/, "");
  const page = `/apps/${answer.ownerHandle}/${answer.appSlug}`;
  const warnings = [...found.warnings, ...(answer.warnings ?? [])];
  show(
    el("p", { class: "notice ok" }, el("strong", {}, WORDS.deployed(answer.appSlug, answer.mode))),
    el(
      "p",
      { class: "row" },
      el("a", { class: "button", href: address, id: "open-deployed" }, WORDS.open),
      location.pathname === page ? null : el("a", { class: "button quiet", href: page }, WORDS.look),
      el("a", { class: "small", href: address }, address),
    ),
    warnings.length ? el("ul", { class: "notice warn pre-wrap" }, ...warnings.map((one) => el("li", {}, one))) : null,
    ...leftOut(found.leftOut),
  );
}

function leftOut(files) {
  if (!files.length) return [];
  const reasons = Map.groupBy ? Map.groupBy(files, ({ reason }) => reason) : new Map([[WORDS.variousReasons, files]]);
  const lines = [...reasons].map(([reason, some]) => {
    const names = some.slice(0, SHOWN).map(({ name }) => name).join(", ");
    return el("li", {}, WORDS.notSent(reason, names, some.length - SHOWN));
  });
  return [el("details", { class: "small" }, el("summary", {}, WORDS.leftOut(files.length)), el("ul", {}, ...lines))];
}
