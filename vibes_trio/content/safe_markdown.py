"""Prose of a chat, which is Markdown that anybody may have written, as HTML that is safe on a page of ours.

HTML in it is shown as text. Links lead to web pages and mailboxes alone, and tell those nothing of where they were. No
picture is loaded from another host: there is a link in its place. Headings begin below those of the page, and leave no
level out.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from vibes_trio.content.highlighted import highlight
from vibes_trio.urls import UPLOADS

TOP_LEVEL = 3
"""Of headings: the page's title and that of a section are above."""
LOWEST_LEVEL = 6
_WEB = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]", re.IGNORECASE)
_UPLOADED = f"{UPLOADS}?"
REL = "noopener nofollow noreferrer"


def is_web_address(address: str) -> bool:
    """Whether *address* may be followed from a page: http, https or mailto, and nothing that hides another."""
    return bool(_WEB.match(address)) and not re.search(r"[\x00-\x20\x7f]", unquote(address)[:16])


def render_markdown(text: str, own: str) -> str:
    """Return *text* as HTML. *own*: the origin of this server, whose uploads are shown; empty: of none."""
    return str(_markdown.render(text, {"own": own}))


def link_to(address: str, words: str) -> str:
    """Return HTML that says *words* (text), and leads to *address* if that may be followed."""
    if not is_web_address(address):
        return escape(words)
    return f'<a href="{escape(address)}" rel="{REL}" target="_blank">{escape(words)}</a>'


def picture(address: str, alt: str, own: str) -> str:
    """Return HTML of the picture at *address*: itself if this server has it or it is in its address, else a link."""
    if _is_shown(address, own):
        return f'<img src="{escape(address.removeprefix(own))}" alt="{escape(alt)}" loading="lazy">'
    if is_web_address(address):
        return link_to(address, f"Picture elsewhere: {alt or address}")
    return escape(f"Picture that can't be shown: {alt}" if alt else "Picture that can't be shown")


def _is_shown(address: str, own: str) -> bool:
    return address.removeprefix(own).startswith(_UPLOADED) or bool(_DATA_IMAGE.match(address))


def _level_headings(tokens: Sequence[Token]) -> None:
    """Let the headings in *tokens* go down from TOP_LEVEL one by one, whatever they were."""
    above: list[int] = []
    for token in tokens:
        if token.type not in ("heading_open", "heading_close"):
            continue
        level = int(token.tag[1:])
        if token.type == "heading_open":
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
        token.tag = f"h{min(TOP_LEVEL + len(above) - 1, LOWEST_LEVEL)}"


# Any: what markdown-it hands to its rules is typed so there.
def _image(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Mapping[str, Any]) -> str:
    token = tokens[index]
    alt = renderer.renderInlineAsText(token.children or [], options, env)
    if token.meta.get("linked") and not _is_shown(str(token.attrGet("src") or ""), env["own"]):
        return escape(alt)  # a link within a link is none
    return picture(str(token.attrGet("src") or ""), alt, env["own"])


def _code(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Mapping[str, Any]) -> str:
    token = tokens[index]
    return code_block(token.content.removesuffix("\n"), token.info.split()[0] if token.info.split() else "")


def code_block(text: str, lang: str, path: str = "") -> str:
    """Return the HTML of code. It can be scrolled by keyboard."""
    label = path or lang
    caption = f"<figcaption>{escape(label[:100])}</figcaption>" if label else ""
    return f'<figure class="code">{caption}<pre tabindex="0"><code>{highlight(text, lang)}</code></pre></figure>\n'


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # In its place: it would follow `data:` pictures and any scheme that it has not heard of.
    markdown.validateLink = is_kept  # type: ignore[method-assign, assignment]  # of the class it has a self
    markdown.core.ruler.push("levels", lambda state: _level_headings(state.tokens))
    markdown.core.ruler.push("links", lambda state: _mark_links(state.tokens))
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("fence", _code)
    markdown.add_render_rule("code_block", _code)
    markdown.add_render_rule("table_open", lambda *_: '<div class="table" tabindex="0"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return markdown


def is_kept(address: str) -> bool:
    """Whether an address in Markdown stays one: it may be followed, or is a picture in itself."""
    return is_web_address(address) or address.startswith(_UPLOADED) or bool(_DATA_IMAGE.match(address))


def _mark_links(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrSet("class", str(token.attrs.pop("style")).removeprefix("text-align:"))
        is_linked = False
        for inner in token.children or ():
            if inner.type == "link_open":
                is_linked = is_web_address(str(inner.attrGet("href") or ""))
                if not is_linked:
                    inner.attrs.pop("href", None)  # a picture in its address is shown, never opened
                inner.attrSet("rel", REL)
                inner.attrSet("target", "_blank")
            elif inner.type == "link_close":
                is_linked = False
            elif inner.type == "image" and is_linked:
                inner.meta["linked"] = True


_markdown = _make_markdown()
