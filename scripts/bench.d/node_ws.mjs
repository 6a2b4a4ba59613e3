// Node's `ws`, bare: every message is parsed as JSON, written again and sent back. No compression.
import { createRequire } from "node:module";

const [port, packages] = process.argv.slice(2);
const { WebSocketServer } = createRequire(packages)("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false, backlog: 1024 });
server.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(JSON.stringify(JSON.parse(data))));
});
