"""JSX text and attribute strings as JavaScript strings: white space and character references.

The rules are those of the common transforms (Babel, sucrase), pinned by the recorded corpus:

- text is taken line by line; blanks and tabs go from the ends of lines, but stay at the ends of the text;
  lines with nothing left go; the rest is joined by one blank. Other white space (no-break space, U+2028) is
  text.
- in an attribute a line break with the indent after it becomes one blank.
- references are read after that, so `&#32;` survives. An unknown one stays as it is written.
"""

import json
import re
from html.entities import name2codepoint

# The 252 names of HTML 4 and one of XML. esprima's own table lacks `lt`; HTML 5's thousands are not JSX.
_NAMES = {name: chr(code) for name, code in name2codepoint.items()} | {"apos": "'"}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]*));")
_TEXT_LINE_END = re.compile(r"\r\n|\n|\r")
_BREAK_AND_INDENT = re.compile(r"\r?\n[\s\ufeff]+")
# Allowed in strings since ES2019, but they count as line ends: escaped, the lines keep their numbers.
_ESCAPED = re.compile("[\u2028\u2029\ud800-\udfff]")


def js_string(text: str) -> str:
    """Return *text* as a JavaScript string literal on one line."""
    literal = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", literal)


def jsx_text(raw: str) -> str:
    """Return what the text *raw* between two tags means; empty for none."""
    lines = _TEXT_LINE_END.split(raw)
    last = len(lines) - 1
    kept: list[str] = []
    for number, line in enumerate(lines):
        start = line if number == 0 else line.lstrip(" \t")
        whole = start if number == last else start.rstrip(" \t")
        if whole:
            kept.append(whole)
    return _resolve_references(" ".join(kept))


def jsx_attribute_text(raw: str) -> str:
    """Return what the attribute value *raw* (without its quotes) means."""
    return _resolve_references(_BREAK_AND_INDENT.sub(" ", raw))


def _resolve_references(text: str) -> str:
    return _REFERENCE.sub(_resolve_reference, text) if "&" in text else text


def _resolve_reference(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMES.get(name, found[0])
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if code <= 0x10FFFF else found[0]
