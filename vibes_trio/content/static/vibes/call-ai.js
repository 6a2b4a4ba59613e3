// The package `call-ai`: asks a model service with the interface of OpenAI. Where it is, the operator says
// (VIBES_ENV.CALLAI_CHAT_URL, CALLAI_IMG_URL, CALLAI_API_KEY, CALLAI_CHAT_MODEL, CALLAI_IMG_MODEL); nothing is asked of
// anybody else unless the app itself names an address.
//
// An address without a path has the paths of the reference's service behind it; one with a path is an OpenAI-like base
// (http://localhost:11434/v1) or the whole address of the endpoint.

const DEFAULT_CHAT_MODEL = "openrouter/auto";
const DEFAULT_IMAGE_MODEL = "gpt-image-1";
const MAX_REMEMBERED = 100;
const MAX_ERROR_CHARS = 200;
const OWN_OPTIONS = new Set([
  ...["apiKey", "chatUrl", "debug", "endpoint", "headers", "maxTokens", "mock", "model", "referer", "refreshToken"],
  ...["responseFormat", "schema", "schemaStrategy", "skipRefresh", "skipRetry", "stream", "title", "topP"],
  "updateRefreshToken",
]);

export class CallAIError extends Error {
  /** `status`: of the HTTP answer; 503 when no service is set up, 0 when it gave no answer. */
  constructor({ message, cause, ...facts }) {
    super(message, { cause });
    this.name = "CallAIError";
    Object.assign(this, facts);
  }
}

function setting(name) {
  return globalThis.VIBES_ENV?.[name] || globalThis[name] || "";
}

/** What is set up on this server, under the names of the package. */
export const callAiEnv = {
  get CALLAI_API_KEY() {
    return setting("CALLAI_API_KEY");
  },
  get CALLAI_CHAT_URL() {
    return setting("CALLAI_CHAT_URL");
  },
  get CALLAI_IMG_URL() {
    return setting("CALLAI_IMG_URL");
  },
};

// Addresses

function findEndpoint(base, path, referencePath) {
  const url = new URL(base, location.href);
  const given = url.pathname.replace(/\/+$/, "");
  if (given === "") url.pathname = referencePath;
  else if (!given.endsWith(path)) url.pathname = given + path;
  return url.href;
}

function requireSetting(name, what) {
  const value = setting(name);
  if (value) return value;
  const how = `Whoever runs it names one in the setting ${name}.`;
  throw new CallAIError({
    message: `No ${what} service is set up on this server (${name}). ${how}`,
    status: 503,
    errorType: "NotSetUp",
  });
}

function chatEndpoint({ endpoint, chatUrl }) {
  if (endpoint) return new URL(endpoint, location.href).href;
  const base = chatUrl || requireSetting("CALLAI_CHAT_URL", "chat model");
  return findEndpoint(base, "/chat/completions", "/api/v1/chat/completions");
}

function imageEndpoint({ imgUrl }, isEdit) {
  const [path, referencePath] = isEdit
    ? ["/images/edits", "/api/openai-image/edit"]
    : ["/images/generations", "/api/openai-image/generate"];
  const base = (imgUrl || requireSetting("CALLAI_IMG_URL", "image")).replace(/\/images\/(generations|edits)\/*$/, "");
  return findEndpoint(base, path, referencePath);
}

/** The server's key is for the server's service: another address gets only a key that the app gives. */
function authorization(endpoint, apiKey) {
  const key = apiKey || (isOurs(endpoint) ? setting("CALLAI_API_KEY") : "");
  return key ? { Authorization: `Bearer ${key}` } : {};
}

// Asking

function isOurs(endpoint) {
  const ours = [setting("CALLAI_CHAT_URL"), setting("CALLAI_IMG_URL")].filter(Boolean);
  return ours.some((address) => new URL(address, location.href).origin === new URL(endpoint).origin);
}

async function post(endpoint, init, { mock }) {
  let answer;
  try {
    answer = await (mock?.fetch ?? fetch)(endpoint, { ...init, method: "POST" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const hint = isOurs(endpoint)
      ? "is it running, and does it take questions from other pages (CORS)?"
      : "does this server let pages ask it (VIBES_PAGE_HOSTS)?";
    const message = `${new URL(endpoint).origin} gave no answer: ${hint} (${error.message})`;
    throw new CallAIError({ message, status: 0, errorType: error.name, cause: error });
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  const text = await answer.text();
  let details = text;
  try {
    details = JSON.parse(text);
  } catch {
    // no JSON: a proxy's page, say
  }
  const words = errorWords(details) || text.slice(0, MAX_ERROR_CHARS) || answer.statusText;
  const { status, statusText } = answer;
  const contentType = answer.headers.get("content-type") ?? "";
  return new CallAIError({ message: `${words} (Status: ${status})`, status, statusText, details, contentType });
}

/** Services write {error: {message}}, {error: "words"} or {message}. */
function errorWords(details) {
  const error = details?.error ?? details;
  return typeof details?.error === "string" ? details.error : (error?.message ?? "");
}

function checkedAnswer(json) {
  if (!json?.error) return json;
  const message = errorWords(json) || "The model service failed";
  throw new CallAIError({ message, status: Number(json.error.code) || 500, details: json });
}

/** An app's model that the service does not have is replaced, once, by the one of the server. */
function canReplaceModel(error, options) {
  const isRefused = error instanceof CallAIError && (error.status === 400 || error.status === 404);
  return isRefused && options.model && !options.skipRetry && /model/i.test(error.message);
}

async function askChat(prompt, options) {
  const endpoint = chatEndpoint(options);
  const headers = {
    "Content-Type": "application/json",
    ...authorization(endpoint, options.apiKey),
    ...options.headers,
  };
  const body = JSON.stringify(chatRequest(prompt, options));
  try {
    return await post(endpoint, { headers, body }, options);
  } catch (error) {
    if (!canReplaceModel(error, options)) throw error;
    return askChat(prompt, { ...options, model: undefined });
  }
}

function chatRequest(prompt, options) {
  const { model, schema, stream, topP, maxTokens, responseFormat } = options;
  const rest = Object.fromEntries(Object.entries(options).filter(([name]) => !OWN_OPTIONS.has(name)));
  return {
    model: model || setting("CALLAI_CHAT_MODEL") || DEFAULT_CHAT_MODEL,
    messages: chatMessages(prompt, schema),
    stream: stream === true,
    ...(topP !== undefined && { top_p: topP }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(responseFormat === "json" && { response_format: { type: "json_object" } }),
    ...(schema && { response_format: schemaFormat(schema) }),
    ...rest,
  };
}

// Some services pass response_format over in silence: the model is told in words as well.
function chatMessages(prompt, schema) {
  const messages = Array.isArray(prompt) ? prompt : [{ role: "user", content: prompt }];
  if (!schema || messages.some(({ role }) => role === "system")) return messages;
  const shape = JSON.stringify(strictSchema({ type: "object", ...schema }));
  return [{ role: "system", content: `Answer with JSON alone, of this JSON schema: ${shape}` }, ...messages];
}

function schemaFormat({ name, ...schema }) {
  const strict = strictSchema({ type: "object", ...schema });
  return { type: "json_schema", json_schema: { name: name || "result", strict: true, schema: strict } };
}

/** Strict schemas want every property required and no others, all the way down. */
function strictSchema(schema) {
  const { properties, items, ...rest } = schema;
  const strict = { ...rest };
  if (items && typeof items === "object") strict.items = strictSchema(items);
  if (properties || rest.type === "object") {
    const entries = Object.entries(properties ?? {});
    strict.properties = Object.fromEntries(
      entries.map(([name, value]) => [name, value && typeof value === "object" ? strictSchema(value) : value]),
    );
    strict.required = rest.required ?? entries.map(([name]) => name);
    strict.additionalProperties = rest.additionalProperties ?? false;
  }
  return strict;
}

// Answers

/** Take JSON out of a code fence or the words around it. */
function cutJson(text) {
  const fenced = /```(?:json)?\s*([\s\S]*?)\s*```/.exec(text)?.[1];
  return fenced ?? (/^\s*[[{]/.test(text) ? text : (/\{[\s\S]*\}/.exec(text)?.[0] ?? text));
}

function textOf({ content, text, tool_calls: calls, function_call: call } = {}) {
  if (Array.isArray(content)) return content.map((part) => part.text ?? "").join("");
  return content ?? text ?? calls?.[0]?.function?.arguments ?? call?.arguments ?? "";
}

const remembered = new Map();

function remember(text, meta) {
  remembered.delete(text);
  remembered.set(text, meta);
  if (remembered.size > MAX_REMEMBERED) remembered.delete(remembered.keys().next().value);
  return text;
}

/** What is known of a text that `callAi` returned lately: model, timing, rawResponse. */
export function getMeta(text) {
  return remembered.get(text);
}

function finish(text, options, startTime, rawResponse) {
  const endTime = Date.now();
  const timing = { startTime, endTime, duration: endTime - startTime };
  const model = rawResponse?.model || options.model || setting("CALLAI_CHAT_MODEL") || DEFAULT_CHAT_MODEL;
  return remember(text, { model, timing, rawResponse });
}

async function askWhole(prompt, options) {
  const startTime = Date.now();
  const json = checkedAnswer(await (await askChat(prompt, options)).json());
  const text = textOf(json.choices?.[0]?.message ?? json.choices?.[0]);
  return finish(options.schema ? cutJson(text) : text, options, startTime, json);
}

/** Yield the payloads of an event stream. */
async function* events(body) {
  let unread = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + chunk).split(/\r?\n/);
    unread = lines.pop();
    yield* lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
  }
  if (unread.startsWith("data:")) yield unread.slice(5).trim();
}

async function* readStream(answer, options, startTime) {
  const finished = (text) => (options.schema ? cutJson(text) : text);
  let text = "";
  if (/\bjson\b/.test(answer.headers.get("content-type") ?? "")) {
    const json = checkedAnswer(await answer.json()); // a service that doesn't stream
    text = finished(textOf(json.choices?.[0]?.message));
    yield text;
    return finish(text, options, startTime, json);
  }
  for await (const data of events(answer.body)) {
    if (data === "[DONE]") break;
    const added = textOf(checkedAnswer(JSON.parse(data)).choices?.[0]?.delta);
    if (added) yield (text += added);
  }
  const whole = finished(text);
  if (whole !== text) yield whole;
  return finish(whole, options, startTime, whole);
}

/** Return what may be iterated at once, or awaited first; errors come either way. */
function askStream(prompt, options) {
  const startTime = Date.now();
  const opened = askChat(prompt, options).then((answer) => readStream(answer, options, startTime));
  opened.catch(() => {}); // whoever awaits or iterates gets it
  const pass = (method) => (value) => opened.then((generator) => generator[method](value));
  return {
    next: pass("next"),
    return: pass("return"),
    throw: pass("throw"),
    [Symbol.asyncIterator]() {
      return this;
    },
    then: (done, failed) => opened.then(done, failed),
    catch: (failed) => opened.catch(failed),
    finally: (always) => opened.finally(always),
  };
}

/**
 * Ask the chat model.
 *
 * @param {string | object[]} prompt text, or messages ({role, content})
 * @param {object} options schema (then the text is JSON), stream, model, temperature, …
 * @returns a promise of the text; with `stream` an async generator of the text so far, which may be awaited first
 * @throws {CallAIError} no service is set up, it gives no answer, or refuses
 */
export function callAi(prompt, options = {}) {
  return options.stream === true ? askStream(prompt, options) : askWhole(prompt, options);
}

export { callAi as callAI };

/**
 * Have an image made, or with `options.images` (files) changed.
 *
 * @returns {Promise<{created: number, data: {b64_json?: string, url?: string}[]}>}
 * @throws {CallAIError} as callAi
 */
export async function imageGen(prompt, options = {}) {
  const { images = [], size = "1024x1024", quality, style } = options;
  const isEdit = images.length > 0;
  const endpoint = imageEndpoint(options, isEdit);
  const model = options.model || setting("CALLAI_IMG_MODEL") || DEFAULT_IMAGE_MODEL;
  const fields = { model, prompt, size, ...(quality && { quality }), ...(style && { style }) };
  const headers = authorization(endpoint, options.apiKey);
  const init = isEdit
    ? { headers, body: imageForm(fields, images, endpoint) }
    : { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  try {
    return checkedAnswer(await (await post(endpoint, init, options)).json());
  } catch (error) {
    if (!canReplaceModel(error, options)) throw error;
    return imageGen(prompt, { ...options, model: undefined });
  }
}

function imageForm(fields, images, endpoint) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const isReference = endpoint.includes("/api/openai-image/");
  images.forEach((image, index) => form.append(isReference ? `image_${index}` : "image", image));
  return form;
}

// Small parts that the package exports as well

export const entriesHeaders = (headers) => [...headers.entries()];
export const joinUrlParts = (base, path) => (base && path ? new URL(path, base).href : base || path);
export const isToolUseType = (value) => value?.type === "tool_use";
export const isToolUseResponse = (value) => value?.tool_use !== undefined;
export const isOpenAIArray = (value) => Array.isArray(value) && value[0]?.function !== undefined;
