// Uses `@vibes.diy/api-impl` across the end and the start of a server; prints what it saw as lines of JSON.
//
// API_URL, TOKEN, APP: the server, who asks, and about what. After "ready" a line on standard input says that the server
// has been started again.
import { Result } from "@adviser/cement";
import { VibesDiyApi } from "@vibes.diy/api-impl";

const say = (name, value) => console.log(JSON.stringify({ name, ...value }));
const app = { ownerHandle: "me", appSlug: process.env.APP };
const file = (content) => ({ type: "code-block", lang: "jsx", filename: "/App.jsx", content });

const api = new VibesDiyApi({
  apiUrl: process.env.API_URL,
  getToken: async () => Result.Ok({ type: "device-id", token: process.env.TOKEN }),
  timeoutMs: 60000,
});
let reconnected = 0;
api.onReconnect(() => {
  reconnected += 1;
});

function ok(result, what) {
  if (result.isErr()) throw new Error(`${what}: ${JSON.stringify(result.Err())}`);
  return result.Ok();
}

const seen = [];
const connection = await api.getReadyConnection();
connection.onMessage((event) => {
  const data = event.event?.data ?? event.data;
  const text = typeof data === "string" ? data : new TextDecoder().decode(data);
  seen.push(JSON.parse(text).payload.type);
});
const deployed = ok(
  await api.ensureAppSlug({ ...app, mode: "production", fileSystem: [file("export default () => 1;\n")], progress: true }),
  "deploy",
);
say("deployed", { fsId: deployed.fsId, files: deployed.fileSystem.map((item) => item.fileName), seen });
say("ready", {});
await new Promise((resolve) => process.stdin.once("data", resolve));

let failures = 0;
let items;
for (;;) {
  const result = await api.listRecentVibes({});
  if (result.isOk()) {
    items = result.Ok().items;
    break;
  }
  failures += 1;
  if (failures > 100) throw new Error(JSON.stringify(result.Err()));
  await new Promise((resolve) => setTimeout(resolve, 200));
}
say("back", { apps: items.map((item) => item.appSlug), reconnected });
process.exit(0);
