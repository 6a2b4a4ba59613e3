"""JavaScript as esbuild prints it, taken apart as far as needed: strings, comments and regular expressions.

Printed without JSX, types or template literals, so what may confuse such a reading does not come; a division has a
blank on both sides.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

STRING = r"""(?:"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')"""
_OTHER = rf"{STRING}|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/|/(?![ *=])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*+"
_NESTED = re.compile(
    rf"(?P<skipped>{_OTHER})|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<comma>,)|(?P<plus> \+ )"
)
_STRING = re.compile(STRING)
_VALUE = re.compile(rf"\s*(?:(?P<string>{STRING})|(?P<word>[\w$]+)|(?P<sign>[\[\]{{}},:]))")
_CONCAT = ".concat("
MAX_DEPTH = 20


def find_all(pattern: re.Pattern[str], code: str) -> Iterator[re.Match[str]]:
    """Yield what *pattern* finds in *code*, and each string, comment and regular expression: these are `skipped`."""
    return re.compile(rf"(?P<skipped>{_OTHER})|(?:{pattern.pattern})", pattern.flags).finditer(code)


def find_outside(pattern: re.Pattern[str], code: str) -> Iterator[re.Match[str]]:
    """Yield what *pattern* finds in *code* outside of strings, comments and regular expressions."""
    return (found for found in find_all(pattern, code) if found["skipped"] is None)


def string_value(literal: str) -> str | None:
    """Return what a printed string literal means; None: it is none, or has escapes that JSON lacks."""
    if not _STRING.fullmatch(literal):
        return None
    text = literal if literal[0] == '"' else '"' + literal[1:-1].replace('"', '\\"').replace("\\'", "'") + '"'
    try:
        return msgspec.json.decode(text, type=str)
    except msgspec.DecodeError:
        return None


def split_arguments(code: str, start: int) -> tuple[list[str], int] | None:
    """Return the arguments of a call whose `(` ends at *start*, and where its `)` begins; None: it never ends."""
    arguments: list[str] = []
    depth, begin = 0, start
    for found in _NESTED.finditer(code, start):
        if found["open"]:
            depth += 1
        elif found["close"] and depth:
            depth -= 1
        elif found["close"] or (found["comma"] and not depth):
            arguments.append(code[begin : found.start()].strip())
            begin = found.end()
            if found["close"]:
                return [a for a in arguments if a], found.start()
    return None


def literal_parts(expression: str) -> list[str | None]:
    """Return the texts that an expression puts together, None for what is only known when it runs.

    As esbuild prints a template: `"./a/".concat(b, "/").concat(c, ".js")`; or as people write: `"./a/" + b + ".js"`.
    """
    joined = _concatenated(expression)
    if joined is not None:
        return [string_value(part) for part in joined]
    parts, begin, depth = [], 0, 0
    for found in _NESTED.finditer(expression):
        depth += bool(found["open"]) - bool(found["close"])
        if found["plus"] and not depth:
            parts.append(expression[begin : found.start()])
            begin = found.end()
    return [string_value(part.strip()) for part in (*parts, expression[begin:])]


def _concatenated(expression: str) -> list[str] | None:
    """Return what a string and the calls of its `concat`, which are all there is, put together; None: it is no such."""
    lead = _STRING.match(expression)
    if lead is None:
        return None
    parts, at = [lead[0]], lead.end()
    while expression.startswith(_CONCAT, at):
        call = split_arguments(expression, at + len(_CONCAT))
        if call is None:
            return None
        parts += call[0]
        at = call[1] + 1
    return parts if at == len(expression) else None


def read_value(text: str) -> Any:
    """Return the value of a plain literal: strings, words, `true`, lists, objects. Its own type is the result's.

    Raises:
        ValueError: it is none.
    """
    tokens = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _VALUE.match(text, at)
        if found is None:
            raise ValueError("no plain value")
        tokens.append(found[0].strip())
        at = found.end()
    value, end = _read(tokens, 0, 0)
    if end != len(tokens):
        raise ValueError("no plain value")
    return value


def _read(tokens: list[str], at: int, depth: int) -> tuple[Any, int]:
    if at >= len(tokens) or depth > MAX_DEPTH:
        raise ValueError("no plain value")
    token = tokens[at]
    if token == "[":
        return _read_list(tokens, at + 1, depth)
    if token == "{":
        return _read_object(tokens, at + 1, depth)
    if token[0] in "\"'":
        return string_value(token), at + 1
    if token in ("true", "false"):
        return token == "true", at + 1
    raise ValueError("no plain value")


def _read_list(tokens: list[str], at: int, depth: int) -> tuple[list[Any], int]:
    items = []
    while tokens[at : at + 1] != ["]"]:
        item, at = _read(tokens, at, depth + 1)
        items.append(item)
        at += tokens[at : at + 1] == [","]
    return items, at + 1


def _read_object(tokens: list[str], at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while tokens[at : at + 1] != ["}"]:
        if tokens[at + 1 : at + 2] != [":"]:
            raise ValueError("no plain value")
        key = string_value(tokens[at]) or tokens[at]
        members[key], at = _read(tokens, at + 2, depth + 1)
        at += tokens[at : at + 1] == [","]
    return members, at + 1
