// Node's bare HTTP server: GET gives a file from memory (304 where the tag matches), POST gives the JSON back.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, file] = process.argv.slice(2);
const body = readFileSync(file);
const ETAG = '"bench"';

createServer((request, response) => {
  if (request.method === "POST") {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const reply = JSON.stringify(JSON.parse(Buffer.concat(pieces)));
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(reply) });
      response.end(reply);
    });
  } else if (request.headers["if-none-match"] === ETAG) {
    response.writeHead(304, { etag: ETAG });
    response.end();
  } else {
    response.writeHead(200, { "content-type": "application/javascript", "content-length": body.length, etag: ETAG });
    response.end(body);
  }
}).listen(Number(port), "127.0.0.1");
