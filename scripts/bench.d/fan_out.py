"""One run of fan-out, as a program: `fan_out.py PORT SUBSCRIBERS DEAF APPENDS SUBSCRIBE APPEND` prints JSON.

SUBSCRIBE and APPEND are files with a message each, the first for what comes from then on. Subscribers hear of each
append to one chat; of them DEAF read nothing after their first answer. `all` is how long it took until all others had a
section, from the moment in which it was sent, in milliseconds, for each append; `each` the same for each subscriber.
"""

import json
import select
import socket
import sys
import time
from pathlib import Path

PAUSE_S = 0.02
TIMEOUT_S = 30
UPGRADE = (
    b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ANSWER, EVENT = b".res-", b".evt-chat-section"


def frame(text: bytes) -> bytes:
    """Return *text* as a client's frame, with a mask of zeros."""
    size = len(text)
    head = b"\x81" + (bytes([128 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)) + bytes(4)
    return (head if size < 65536 else b"\x81\xff" + size.to_bytes(8) + bytes(4)) + text


def open_socket(port: int, text: bytes) -> socket.socket:
    """Return a WebSocket on which *text* was said and answered."""
    sock = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(UPGRADE + frame(text))
    heard = b""
    while ANSWER not in heard:
        data = sock.recv(65536)
        assert data, "the server has closed"
        heard += data
    return sock


def run(
    port: int, subscribers: int, deaf: int, appends: int, subscribe: bytes, append: bytes
) -> dict[str, object]:
    """Return what was measured."""
    unread = [open_socket(port, subscribe) for _ in range(deaf)]
    author = open_socket(port, append)  # which none of the others hears of
    socks = [open_socket(port, subscribe) for _ in range(subscribers - deaf)]
    poll = select.epoll()
    for sock in socks:
        sock.setblocking(False)
        poll.register(sock.fileno(), select.EPOLLIN)
    by_fd = {sock.fileno(): sock for sock in socks}
    heard = dict.fromkeys(by_fd, 0)

    def hear(target: int, since: float, each: list[float]) -> None:
        left = sum(count < target for count in heard.values())
        deadline = time.perf_counter() + TIMEOUT_S
        while left:
            assert time.perf_counter() < deadline, f"{left} have not heard"
            for fd, _ in poll.poll(1):
                events = by_fd[fd].recv(262144).count(EVENT)
                if heard[fd] < target <= heard[fd] + events:
                    left -= 1
                    each.append((time.perf_counter() - since) * 1000)
                heard[fd] += events

    wholes: list[float] = []
    each: list[float] = []
    message = frame(append)
    for number in range(appends):
        time.sleep(PAUSE_S)
        since = time.perf_counter()
        author.sendall(message)
        hear(number + 1, since, each)
        wholes.append((time.perf_counter() - since) * 1000)
        author.recv(65536)
    for sock in (*unread, author, *socks):
        sock.close()
    return {"all": wholes, "each": each}


if __name__ == "__main__":
    numbers, files = sys.argv[1:5], sys.argv[5:]
    print(json.dumps(run(*map(int, numbers), *(Path(name).read_bytes() for name in files))))
