"""What a module's source exports and defines, as far as the names of components go.

Read from the text without a parser: it decides which component is mounted and what people are told, and never how
a module is compiled. What is looked at has a bound; names in comments and strings may be taken for more than they are.
"""

import re
from dataclasses import dataclass
from itertools import islice, pairwise

from vibes_trio.content.quick_patterns import Signed, word, words

HEAD_CHARS, TAIL_CHARS = 48 * 1024, 16 * 1024
"""How much of a long source is looked at: what is imported and defined first, what is exported and mounted last."""

_NAME = r"[A-Za-z_$][\w$]*+"
# Each begins a line or follows `;`. The end of the line before is found faster than `^`: so the text needs one at its
# start.
_DECLARED = re.compile(
    r"[\n;][ \t]*+(?P<export>export\s++)?(?:async\s++)?"
    rf"(?:function(?:\s*+\*)?|(?P<class>class)|const|let|var)\s++(?P<name>{_NAME})"
)
# A class without a base, and one of these, can't be shown: it is of a game, or an element of its own.
_BASE = re.compile(r"(?:<[^<>{}]*+>)?\s++extends\s++(?:[\w$]++\.)*+(?P<base>[\w$]++)")
_NOT_SHOWN = re.compile(
    r"\w*Element|\w*Scene|\w*Error|Event\w*|Array|Map|Set|Object3D|Mesh|Group|Sprite|Container"
)
# One by one: a pattern that begins with one word is found many times as fast as one that begins with any of three.
_DEFAULTS = (
    Signed(("default",), re.compile(rf"{word('export')}\s++default\b")),
    Signed(("module.exports",), re.compile(rf"{word('module')}\.exports\s*+=(?!=)")),
    Signed(("exports.default",), re.compile(rf"{word('exports')}\.default\s*+=(?!=)")),
)
_LIST = re.compile(rf"{word('export')}\s*+\{{(?P<names>[^{{}}]*+)\}}")
_LISTED = re.compile(rf"(?P<local>{_NAME})(?:\s++as\s++(?P<exported>{_NAME}))?")
_MOUNTS = Signed(
    ("createRoot", "createApp", "render", "hydrate"),
    re.compile(
        rf"{words('createRoot', 'hydrateRoot', 'createApp')}\s*+\(|{word('ReactDOM')}\s*+\.\s*+(?:render|hydrate)\b"
        rf"|{words('render', 'hydrate')}\s*+\(\s*+(?:<|h\(|html`|\(\s*+\)\s*+=>)"
    ),
)
_COMPONENT = re.compile(r"[A-Z][\w$]*")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
# A fence round the whole of a text, with what a model says before and after it.
_FENCE = re.compile(r"\s*+(?P<mark>`{3,}|~{3,})[ \t]*+(?P<lang>[\w+-]*+)[^\n`]*+\n")
_MARK_LINE = re.compile(r"^```[^\n`]*+$", re.MULTILINE)
_MAX_MARKS = 64
_PAGE_START = re.compile(r"\s*+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)?<(?:!doctype\b|html\b)", re.IGNORECASE)
_FENCE_LINE = re.compile(r"^(?:`{3,}|~{3,})[ \t]*+[\w+-]*+[ \t]*+\r?$", re.MULTILINE)
_NOTHING = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_JSX = re.compile(r"<[A-Za-z][\w.]*+(?:\s|/?>)|<>")


@dataclass(frozen=True, slots=True)
class Exports:
    """What a module offers to be mounted.

    Attributes:
        default: whether it exports a default.
        named: exported names that look like components, in order.
        inner: names of functions and classes that look like components and are not exported, in order.
        mounts: whether it mounts something itself.
        jsx: whether it seems to hold JSX.
        empty: whether it holds no code at all.
    """

    default: bool = False
    named: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    mounts: bool = False
    jsx: bool = False
    empty: bool = False


def read_exports(text: str) -> Exports:
    """Return what *text*, the source of a module, exports and defines."""
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        text = f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"
    text = f"\n{text}"
    found_all = list(_DECLARED.finditer(text))
    declared = [(found["name"], found["export"] is not None) for found in found_all]
    others = {found["name"] for found in found_all if found["class"] and not _may_be_shown(text, found.end())}
    listed = [item for found in _LIST.finditer(text) for item in _LISTED.finditer(found["names"])]
    exported = dict.fromkeys(name for name, is_exported in declared if is_exported)
    exported |= dict.fromkeys(item["exported"] or item["local"] for item in listed)
    local = {item["local"] for item in listed} | set(exported)
    return Exports(
        default="default" in exported or any(form.is_in(text) for form in _DEFAULTS),
        named=tuple(name for name in exported if _is_component(name) and name not in others),
        inner=tuple(
            name
            for name in dict.fromkeys(name for name, _ in declared if name not in local)
            if _is_component(name) and name not in others
        ),
        mounts=_MOUNTS.is_in(text),
        jsx=_JSX.search(text) is not None,
        empty=_NOTHING.fullmatch(text) is not None,
    )


def _may_be_shown(text: str, end: int) -> bool:
    """Whether a class, whose name ends at *end*, may be a component: it has a base, and no other that is known."""
    found = _BASE.match(text, end)
    return found is not None and _NOT_SHOWN.fullmatch(found["base"]) is None


def choose_component(exports: Exports, stem: str) -> tuple[str, bool] | None:
    """Return the component meant where no default is exported, and whether it is exported; None: none clearly is.

    Args:
        stem: name of the file without its ending, which a component often has too.
    """
    for names, is_exported in ((exports.named, True), (exports.inner, False)):
        wanted = next((name for name in names if name.lower() == stem.lower()), None)
        if wanted is None and len(names) == 1:
            wanted = names[0]
        if wanted is None and "App" in names:
            wanted = "App"
        if wanted is not None:
            return wanted, is_exported
    return None


def _is_component(name: str) -> bool:
    return _COMPONENT.fullmatch(name) is not None and (len(name) == 1 or _CONSTANT.fullmatch(name) is None)


def take_off_fence(text: str) -> str | None:
    """Return what the Markdown fence round the whole of *text* holds, lines where they were; None: there is none.

    A fence counts only where a module could not begin so: as the first thing in the file.
    """
    opening = _FENCE.match(text)
    if opening is None:
        return None
    end = text.rfind(f"\n{opening['mark']}")
    before = "\n" * text.count("\n", 0, opening.end())
    return before + (text[opening.end() : end + 1] if end >= opening.end() - 1 else text[opening.end() :])


def find_fenced_page(text: str) -> str | None:
    """Return the page of HTML in the one fence of *text* that holds one, words round it; None: there is none."""
    if text.lstrip("\ufeff \t\r\n").startswith("<") or "```" not in text:
        return None
    marks = list(islice(_MARK_LINE.finditer(text), _MAX_MARKS))
    spans = [(opened.end(), closed.start()) for opened, closed in pairwise(marks)]
    found = [span for span in spans if _PAGE_START.match(text, *span)]
    if len(found) != 1:
        return None
    start, end = found[0]
    return "\n" * text.count("\n", 0, start) + text[start:end].lstrip("\r\n")


def has_fence(text: str) -> bool:
    """Whether a line of *text* opens or closes a Markdown fence."""
    return _FENCE_LINE.search(text) is not None
