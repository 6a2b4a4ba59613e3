"""A bare ASGI app for uvicorn: GET gives a file from memory, POST gives the JSON back. Python's `json` and no more."""

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]  # as ASGI has it

BODY = Path(os.environ["BENCH_FILE"]).read_bytes()


async def app(
    scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    kind, body = b"application/javascript", BODY
    if scope["method"] == "POST":
        received, more = b"", True
        while more:
            event = await receive()
            received += event.get("body", b"")
            more = event.get("more_body", False)
        kind, body = b"application/json", json.dumps(json.loads(received)).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
