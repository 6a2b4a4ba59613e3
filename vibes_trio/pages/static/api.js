// One WebSocket for a page: typed requests by `tid`, what follows them, and the connection made anew when it is lost.
//
//   const reply = await api.ask("vibes.diy.req-list-devices", { limit: 10 });
//   const end = api.follow("vibes.diy.req-subscribe-apps", () => ({}), (event) => …);
//
// Who asks is the browser's session: messages carry no credentials. A refusal is an `ApiError` with words and a code.

import { WORDS } from "./words.js";

const ANSWER_MS = 90_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
const PROGRESS = "vibes.diy.res-progress";
const ENDED = "vibes.diy.evt-subscription-ended";
const OPEN = 1;
const SESSION_OVER = "This session is over"; // how the reason begins with which the server ends such a connection

export class ApiError extends Error {
  constructor(message, code, payload) {
    super(message);
    this.code = code;
    this.payload = payload;
  }
}

class Api extends EventTarget {
  #socket = null;
  #opening = null;
  #waiting = new Map(); // tid -> {resolve, reject, timer, progress}
  #followed = new Map(); // tid -> {type, members, hear, ended}
  #pause = FIRST_PAUSE_MS;
  #last = 0;
  #offline = false;

  // Sends a request; resolves with the payload of its response. `progress` hears what comes before that.
  async ask(type, members = {}, { progress } = {}) {
    await this.#connected();
    return new Promise((resolve, reject) => {
      const tid = this.#send(type, members);
      const timer = setTimeout(() => this.#settle(tid)?.reject(new ApiError(WORDS.late, "late")), ANSWER_MS);
      this.#waiting.set(tid, { resolve, reject, timer, progress });
    });
  }

  // Subscribes; `members()` says from where on, each time that the connection is made anew. Returns what ends it.
  follow(type, members, hear, ended = () => {}) {
    const followed = { type, members, hear, ended, tid: "", over: false, subscription: "" };
    this.#begin(followed);
    return () => {
      followed.over = true;
      this.#followed.delete(followed.tid);
      if (followed.subscription && this.#socket?.readyState === OPEN)
        this.ask("vibes.diy.req-unsubscribe", { subscription: followed.subscription }).catch(() => {});
    };
  }

  async #begin(followed) {
    try {
      await this.#connected();
    } catch {
      return setTimeout(() => followed.over || this.#begin(followed), this.#nextPause());
    }
    if (followed.over) return;
    followed.tid = this.#send(followed.type, followed.members());
    this.#followed.set(followed.tid, followed);
  }

  #send(type, members) {
    const tid = `p${++this.#last}`;
    this.#socket.send(JSON.stringify({ tid, src: "page", dst: "server", ttl: 10, payload: { type, ...members } }));
    return tid;
  }

  #settle(tid) {
    const waiter = this.#waiting.get(tid);
    this.#waiting.delete(tid);
    clearTimeout(waiter?.timer);
    return waiter;
  }

  #connected() {
    if (this.#socket?.readyState === OPEN) return Promise.resolve();
    this.#opening ??= new Promise((resolve, reject) => {
      const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/api`);
      socket.onopen = () => {
        this.#socket = socket;
        this.#opening = null;
        this.#pause = FIRST_PAUSE_MS;
        this.#say(false);
        resolve();
      };
      socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
      socket.onclose = ({ reason }) => {
        if (reason.startsWith(SESSION_OVER)) this.dispatchEvent(new Event("signed-out"));
        this.#opening = null;
        if (this.#socket === socket) this.#socket = null;
        this.#lose();
        reject(new ApiError(WORDS.offline, "offline"));
      };
    });
    return this.#opening;
  }

  #hear({ tid, payload }) {
    const followed = this.#followed.get(tid);
    if (followed) return this.#tell(followed, payload);
    if (payload.type === PROGRESS) return this.#waiting.get(tid)?.progress?.(payload);
    const waiter = this.#settle(tid);
    if (!waiter) return;
    if (!isError(payload)) return waiter.resolve(payload);
    if (payload.code === "require-login") this.dispatchEvent(new Event("signed-out"));
    waiter.reject(new ApiError(payload.message, payload.code, payload));
  }

  #tell(followed, payload) {
    if (isError(payload) || payload.type === ENDED) {
      this.#followed.delete(followed.tid);
      followed.over = true;
      followed.ended(new ApiError(payload.message, payload.code, payload));
    } else if (payload.subscription && /\.res-subscribe-/.test(payload.type)) {
      followed.subscription = payload.subscription;
    } else {
      followed.hear(payload);
    }
  }

  #lose() {
    this.#say(true);
    for (const tid of [...this.#waiting.keys()]) this.#settle(tid).reject(new ApiError(WORDS.lost, "lost"));
    const followed = [...this.#followed.values()];
    this.#followed.clear();
    if (followed.length) setTimeout(() => followed.forEach((one) => one.over || this.#begin(one)), this.#nextPause());
  }

  #nextPause() {
    const pause = this.#pause * (0.75 + Math.random() / 2);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    return pause;
  }

  #say(offline) {
    if (offline === this.#offline) return;
    this.#offline = offline;
    this.dispatchEvent(new Event(offline ? "offline" : "online"));
  }
}

function isError(payload) {
  return payload.type === "vibes.diy.res-error" || payload.type === "error";
}

export const api = new Api();
