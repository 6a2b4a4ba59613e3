"""A model service with the interface of OpenAI, on loopback: enough of it for the pages of tests to talk to.

    with model_service() as service:
        service.url          # http://127.0.0.1:PORT/v1
        service.asked        # (path, headers, body) of each request so far

What it answers follows from the request: `model: "none"` is refused as unknown, a prompt of "fail" with 500; with a
schema it answers JSON, with `stream` in three pieces.
"""

import base64
import json
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = Any


@dataclass
class Service:
    url: str = ""
    asked: list[tuple[str, dict[str, str], Json]] = field(default_factory=list)


def png(red: int, green: int, blue: int, pixels: int = 8) -> bytes:
    """Return a square picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes((red, green, blue)) * pixels) * pixels
    header = struct.pack(">IIBBBBB", pixels, pixels, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@contextmanager
def model_service() -> Iterator[Service]:
    """Run the service; stop it at the end."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_OPTIONS(self) -> None:
            self._send(204, b"")

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            is_json = self.headers["Content-Type"].startswith("application/json")
            body = json.loads(raw) if is_json else raw
            service.asked.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            if is_json and body.get("prompt") == "fail":
                self._send_json(500, {"error": {"message": "The model is out of order"}})
            elif "/images/" in self.path:
                number = sum("/images/" in path for path, _, _ in service.asked)
                picture = base64.b64encode(png(40 * number % 256, 90, 200)).decode()
                self._send_json(200, {"created": 1, "data": [{"b64_json": picture}]})
            else:
                self._chat(body)

        def _chat(self, body: Json) -> None:
            prompt = body["messages"][-1]["content"]
            if body["model"] == "none":
                self._send_json(404, {"error": {"message": "The model `none` does not exist"}})
            elif prompt == "fail":
                self._send_json(500, {"error": {"message": "The model is out of order"}})
            elif body["stream"]:
                pieces = [{"choices": [{"delta": {"content": text}}]} for text in ("One ", "two ", "three")]
                lines = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces)
                self._send(200, f"{lines}data: [DONE]\n\n".encode(), "text/event-stream")
            else:
                text = '{"todos": ["a", "b"]}' if "response_format" in body else f"You said: {prompt}"
                message = {"role": "assistant", "content": text}
                self._send_json(200, {"model": "tiny", "choices": [{"message": message}]})

        def _send_json(self, status: int, value: Json) -> None:
            self._send(status, json.dumps(value).encode(), "application/json")

        def _send(self, status: int, body: bytes, content_type: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "*, authorization")
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
