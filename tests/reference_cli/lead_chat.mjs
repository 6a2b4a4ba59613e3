// Leads a chat with `@vibes.diy/api-impl`, as a page of the reference's does, and prints what it was told as JSON.
//
// API_URL, TOKEN: the server, and who asks. Each step is a line of JSON on standard output.
import { Result } from "@adviser/cement";
import { VibesDiyApi } from "@vibes.diy/api-impl";

const say = (name, value) => console.log(JSON.stringify({ name, ...value }));
const file = (filename, content) => ({ type: "code-block", lang: "jsx", filename, content });

function connect() {
  return new VibesDiyApi({
    apiUrl: process.env.API_URL,
    getToken: async () => Result.Ok({ type: "device-id", token: process.env.TOKEN }),
    timeoutMs: 20000,
  });
}

function ok(result, what) {
  if (result.isErr()) throw new Error(`${what}: ${JSON.stringify(result.Err())}`);
  return result.Ok();
}

// Reads events until so many turns have ended.
async function readTurns(chat, turns) {
  const reader = chat.sectionStream.getReader();
  const events = [];
  let ended = 0;
  while (ended < turns) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the stream ended");
    if (value.type !== "vibes.diy.section-event") throw new Error(JSON.stringify(value));
    events.push(value);
    ended += value.blocks.filter((block) => block.type === "prompt.block-end").length;
  }
  reader.releaseLock();
  return events.map((event) => ({
    promptId: event.promptId,
    blockSeq: event.blockSeq,
    types: event.blocks.map((block) => block.type),
    lines: event.blocks.filter((block) => block.type === "block.code.line").map((block) => block.line),
    fsRef: event.blocks.map((block) => block.fsRef).find((ref) => ref !== undefined),
  }));
}

const app = { ownerHandle: "me", appSlug: process.env.APP };
const first = connect();
const chat = ok(await first.openChat({ ...app, mode: "codegen" }), "open");
say("opened", { chatId: chat.chatId, ownerHandle: chat.ownerHandle, appSlug: chat.appSlug });

const set = ok(await chat.promptFS([file("/App.jsx", "export default () => <p>one</p>;\n")]), "fs-set");
say("set", { promptId: set.promptId, mode: set.mode, events: await readTurns(chat, 1) });

const update = { update: [file("/Part.jsx", "export default () => <p>two</p>;\n")], remove: [] };
const updated = ok(await chat.promptFS(update), "fs-update");
say("updated", { promptId: updated.promptId, mode: updated.mode, events: await readTurns(chat, 1) });

const broken = await chat.promptFS([file("/App.jsx", "export default () => <p>;\n")]);
say("broken", { error: broken.isErr() ? JSON.stringify(broken.Err()) : "" });

const second = connect();
const again = ok(await second.openChat({ ...app, mode: "codegen" }), "open again");
say("replayed", { chatId: again.chatId, events: await readTurns(again, 2) });

const talk = ok(await second.openChat({ ...app, mode: "runtime" }), "open runtime");
say("talk", { chatId: talk.chatId });
process.exit(0);
