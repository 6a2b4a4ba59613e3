"""Where the elements of an HTML text begin and end, as far as the head of a page and its scripts go.

No tree is made: a page of an app is kept as its author wrote it but for a few elements, so all that is needed are
the places of tags, what is in scripts and styles, and what stands in comments (nothing). Each part of the text is
looked at once: a quote, comment or script that never ends takes the rest of the text, as in a browser.
"""

import html
import re
from collections.abc import Iterator, Mapping

import msgspec

RAW_TEXT = frozenset(
    {"script", "style", "title", "textarea", "noscript", "template", "iframe", "xmp", "noembed"}
)
"""Elements whose content is passed over: it is text, or (`template`, `noscript`) no part of the page as it loads."""

_OPENING = re.compile(r"<(?:!--|!doctype\b|(?P<tag>/?[a-z][^\s/>]*+))", re.IGNORECASE)
# A quote that is never closed does not match, and then nothing after it is a tag.
_REST_OF_TAG = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s"'>/=]++)(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s"'>]++)))?"""
)


class Span(msgspec.Struct, frozen=True):
    """A part of the text: `text[start:end]`."""

    start: int
    end: int


class Element(msgspec.Struct, frozen=True):
    """A start tag, with what follows it up to its end tag where its content is plain text.

    Attributes:
        name: in lower case; `!doctype` for the declaration.
        attributes: by names in lower case, values without quotes, references (`&amp;`) resolved.
        values: where these values stand, quotes not included.
        tag: the place of the start tag.
        content: the place of its text; empty where elements may be in it.
        end: where the element ends; the end of the tag where elements may be in it.
    """

    name: str
    attributes: Mapping[str, str]
    values: Mapping[str, Span]
    tag: Span
    content: Span
    end: int


def scan_html(text: str) -> Iterator[Element]:
    """Yield the start tags of *text* in order, those in comments and in plain text left out; `/body` for end tags."""
    place = 0
    while (found := _OPENING.search(text, place)) is not None:
        tag = found["tag"]
        if tag is None and found[0].startswith("<!--"):
            end = text.find("-->", found.end())
            if end < 0:
                return
            place = end + 3
            continue
        rest = _REST_OF_TAG.match(text, found.end())
        if rest is None:
            return
        element = _element(text, (tag or "!doctype").lower(), found.start(), found.end(), rest.end())
        yield element
        place = element.end


def _element(text: str, name: str, start: int, attributes_from: int, end: int) -> Element:
    attributes: dict[str, str] = {}
    values: dict[str, Span] = {}
    for found in _ATTRIBUTE.finditer(text, attributes_from, end - 1):
        key = found["name"].lower()
        if key in attributes:
            continue  # the first counts
        kind = next((kind for kind in ("double", "single", "bare") if found[kind] is not None), None)
        attributes[key] = html.unescape(found[kind]) if kind else ""
        if kind:
            values[key] = Span(*found.span(kind))
    content = Span(end, end)
    whole = end
    if name in RAW_TEXT:
        closing = re.compile(rf"</{name}(?=[\s/>])[^>]*+>?+", re.IGNORECASE).search(text, end)
        content = Span(end, closing.start() if closing else len(text))
        whole = closing.end() if closing else len(text)
    return Element(name, attributes, values, Span(start, end), content, whole)
