// Node's `ws` and better-sqlite3: a message is appended to its chat context, durably, then answered. No sign-in.
import { createRequire } from "node:module";

const [port, packages, database] = process.argv.slice(2);
const require = createRequire(packages);
const { WebSocketServer } = require("ws");
const Database = require("better-sqlite3");

const db = new Database(database);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(
  "CREATE TABLE IF NOT EXISTS ChatSections (contextId TEXT, seq INTEGER, origin TEXT, blocks TEXT, created TEXT, " +
    "PRIMARY KEY (contextId, seq))",
);
const last = db.prepare("SELECT max(seq) AS seq FROM ChatSections WHERE contextId = ?");
const insert = db.prepare("INSERT INTO ChatSections VALUES (?, ?, ?, ?, ?)");
const append = db.transaction(({ contextId, origin, blocks }) => {
  const seq = (last.get(contextId).seq ?? -1) + 1;
  insert.run(contextId, seq, origin, JSON.stringify(blocks), new Date().toISOString());
  return seq;
});

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false, backlog: 1024 });
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const { tid, src, dst, payload } = JSON.parse(data);
    const { contextId, origin } = payload;
    const answer = { type: "vibes.diy.res-append-chat-section", contextId, seq: append(payload), origin };
    socket.send(JSON.stringify({ tid, src: dst, dst: src, ttl: 10, payload: answer }));
  });
});
