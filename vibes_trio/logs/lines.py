"""Logs of the server: lines for people on a terminal, JSON lines for programs otherwise. To standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from vibes_trio.config import Limits
from vibes_trio.logs.colours import Colour, paint
from vibes_trio.logs.handler import CountingHandler

LEVELS = ("debug", "info", "warning", "error")

# Hypercorn says at level info where its full lane listens, which is inside this process.
_QUIET = ("nodesemver", "hypercorn.error", "hypercorn.access", "httpx2", "httpcore2")
_COLOURS: dict[int, Colour] = {
    logging.DEBUG: "dim",
    logging.WARNING: "yellow",
    logging.ERROR: "red",
    logging.CRITICAL: "red",
}


def setup_logs(level: str, stream: TextIO | None = None) -> None:
    """Send what is logged at *level* (one of LEVELS) and above to *stream*, standard error if None."""
    out = stream or sys.stderr
    handler = CountingHandler(out, Limits())
    handler.setFormatter(HumanFormatter(out) if out.isatty() else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class HumanFormatter(logging.Formatter):
    """`12:31:07 warning requests: text`, in the colour of the level."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback under it if there is one."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        name = record.name.removeprefix("vibes_trio.")
        text = f"{record.levelname.lower()} {name}: {_message(record)}"
        colour = _COLOURS.get(record.levelno)
        shown = paint(text, colour, self._stream) if colour else text
        line = f"{paint(time, 'dim', self._stream)} {shown}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (ISO, UTC), `level`, `logger`, `message`, and `error` with a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """Return the message, cut: parts of it may be anybody's."""
    text, most = record.getMessage(), Limits().log_message_chars
    return text if len(text) <= most else f"{text[:most]}…"
