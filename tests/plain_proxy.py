"""A reverse proxy as one gets it who sets `proxy_pass` and nothing else: Host is its own, no Upgrade, no WebSocket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_BETWEEN_TWO = frozenset(
    {"host", "connection", "upgrade", "keep-alive", "content-length", "transfer-encoding", "date"}
)


@contextmanager
def serve_plain_proxy(port: int, *, max_body: int = 1024 * 1024, date: str = "") -> Iterator[str]:
    """Pass requests on to *port* of this machine; gives the proxy's address.

    Args:
        max_body: bytes; nginx takes 1 MiB unless told otherwise.
        date: what answers say in place of the time.
    """

    class Pass(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            if length > max_body:
                return self.answer(413, [], b"<html>too large</html>")
            upstream = HTTPConnection("127.0.0.1", port, timeout=20)
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _BETWEEN_TWO}
            upstream.request(self.command, self.path, body or None, kept | {"Connection": "close"})
            got = upstream.getresponse()
            self.answer(got.status, got.getheaders(), got.read())
            upstream.close()

        do_POST = do_GET

        def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            told = dict(headers).get("Date", "")
            self.send_header("Date", date or told)
            for name, value in headers:
                if name.lower() not in _BETWEEN_TWO:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pass) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
