"""The page that a browser gets which leads to nothing: what is missing, and what to do. Programs get JSON.

It is small, whole in itself and as locked up as other errors: it may show its own style, and nothing else.
"""

import base64
import hashlib
import html
from collections.abc import Sequence
from importlib.resources import files

import msgspec

_STATIC = files("vibes_trio.content").joinpath("static")
_STYLE = _STATIC.joinpath("notice.css").read_text("utf-8")
_RETURN = _STATIC.joinpath("return.js").read_text("utf-8")
_SHARE = _STATIC.joinpath("share.js").read_text("utf-8")


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_OPENED = f"default-src 'none'; img-src data:; style-src {_source(_STYLE)}"
_LOCKED = f"{_OPENED}; sandbox"
# They need the storage of their origin, their scripts, and one to ask its host; the sandbox takes all else away.
_LEFT = "base-uri 'none'; form-action 'none'; sandbox allow-scripts allow-same-origin"
_RETURNING = f"{_OPENED}; script-src {_source(_RETURN)}; {_LEFT}"
_DOOR = f"{_OPENED}; script-src {_source(_SHARE)} {_source(_RETURN)}; connect-src 'self'; {_LEFT}"


class Notice(msgspec.Struct, frozen=True):
    """What a page says.

    Attributes:
        words: paragraphs of plain text; what stands between backticks is shown as code.
        link: address and text of what to open instead; None: nothing.
        is_door: whether a browser that has what lets it in is let in (`static/share.js`).
        returns: whether a tab that was shown a release at this path a moment ago goes back to it (`static/address.js`).
    """

    title: str
    words: Sequence[str]
    link: tuple[str, str] | None = None
    returns: bool = False
    is_door: bool = False

    @property
    def policy(self) -> str:
        """Its Content-Security-Policy: nothing but its own style, its script, and an icon that is none."""
        if self.is_door:
            return _DOOR
        return _RETURNING if self.returns else _LOCKED


def render_notice(notice: Notice) -> bytes:
    """Return the HTML, UTF-8."""
    title = html.escape(notice.title)
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{_STYLE}</style>",
        *([f"<script>{_SHARE}</script>"] if notice.is_door else []),
        *([f"<script>{_RETURN}</script>"] if notice.returns else []),
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{title}</h1>",
        *(f"<p>{_with_code(text)}</p>" for text in notice.words),
    ]
    if notice.link is not None:
        address, text = notice.link
        # Without a Referer the page that is opened is not taken for a step within the release that was left.
        lines.append(f'<p><a rel="noreferrer" href="{html.escape(address)}">{html.escape(text)}</a></p>')
    return "\n".join([*lines, "</main>", "</body>", "</html>", ""]).encode("utf-8", "replace")


def _with_code(text: str) -> str:
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
