"""The theme of a `tailwind.config`, as the CSS that Tailwind 4 takes for it.

The file is never run. Read is what stands there as plain text, numbers, lists and objects; the rest is passed over:
functions, spreads, what other modules would give. Colours of Tailwind's own palette may be named by `colors.indigo`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vibes_trio.bundle.printed_text import STRING, find_outside, string_value

MAX_CONFIG_BYTES = 128 * 1024
MAX_DEPTH = 12
MAX_VALUES = 2000

_TOKEN = re.compile(
    rf"\s*(?:(?P<string>{STRING})|(?P<number>-?(?:\d[\d.]*+|\.\d++))|(?P<word>[\w$]++(?:\.[\w$]++)*+)|(?P<sign>=>|\.\.\.|.))",
    re.DOTALL,
)
_THEME = re.compile(r"\btheme\s*:\s*(?=\{)|\btheme\s*=\s*(?=\{)")
_DARK = re.compile(
    r"\bdarkMode\s*:\s*(\[?\s*[\"'](?:class|selector)[\"'](?:\s*,\s*[\"']([^\"'\n]{1,200})[\"'])?)"
)
_PREFIX = re.compile(r"\bprefix\s*:\s*[\"']([a-z]+)[-:]?[\"']")
_PLUGINS = re.compile(r"\bplugins\s*:\s*\[")
_PACKAGE = re.compile(r"require\(\s*[\"']([^\"'\n]+)[\"']\s*\)|\b([A-Za-z_$][\w$]*)\b")
_DECLARED = r"\b(?:import\s+(?:\*\s+as\s+)?|(?:const|let|var)\s+)"
_GIVEN = r"\s*(?:from|=\s*require\()\s*[\"']([^\"'\n]+)[\"']"
_PALETTE = frozenset(
    (
        *("slate", "gray", "zinc", "neutral", "stone", "red", "orange", "amber", "yellow", "lime", "green"),
        *("emerald", "teal", "cyan", "sky", "blue", "indigo", "violet", "purple", "fuchsia", "pink", "rose"),
    )
)
_SHADES = (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950)
# Member of the theme → what its variables begin with; of others it is the member's name, see `_space`.
_SPACES = {
    "colors": "color",
    "fontFamily": "font",
    "fontWeight": "font-weight",
    "spacing": "spacing",
    "borderRadius": "radius",
    "boxShadow": "shadow",
    "dropShadow": "drop-shadow",
    "screens": "breakpoint",
    "animation": "animate",
    "letterSpacing": "tracking",
    "lineHeight": "leading",
    "maxWidth": "container",
    "blur": "blur",
    "aspectRatio": "aspect",
    "transitionTimingFunction": "ease",
}
_NO_SPACES = frozenset(("extend", "keyframes", "container", "fontSize", "..."))
_UNSAFE = re.compile(r"[;{}<>\\\n]|/\*|\*/")
_SPREAD = "..."
_ESCAPED = re.compile(r"[^\w-]")


@dataclass(frozen=True, slots=True)
class TailwindConfig:
    """What a configuration says that a browser's Tailwind can take: CSS to put behind `@import "tailwindcss"`.

    Attributes:
        plugins: packages whose plugins it wants, which can't be had.
        prefix: of all classes; empty: none.
    """

    css: str = ""
    plugins: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _Reference:
    """`colors.indigo`, whatever the first part is called."""

    name: str


def is_tailwind_config(name: str, root: str) -> bool:
    """Whether the file *name* is the configuration of Tailwind of a project in *root*."""
    return re.fullmatch(re.escape(root) + r"/tailwind\.config\.[cm]?[jt]s", name) is not None


def read_tailwind_config(printed: str) -> TailwindConfig:
    """Return what the configuration says whose text *printed* is as esbuild prints it."""
    if len(printed) > MAX_CONFIG_BYTES:
        return TailwindConfig()
    parts: list[str] = []
    start = next(find_outside(_THEME, printed), None)
    theme = _PlainValue(printed, start.end()).value(0) if start else None
    if isinstance(theme, dict):
        extend = theme.pop("extend", None)
        parts += _theme_css(theme, is_whole=True)
        parts += _theme_css(extend if isinstance(extend, dict) else {}, is_whole=False)
    dark = _DARK.search(printed)
    if dark:
        selector = dark[2] if dark[2] and not _UNSAFE.search(dark[2]) else ".dark"
        parts.append(f"@custom-variant dark (&:where({selector}, {selector} *));")
    prefix = _PREFIX.search(printed)
    return TailwindConfig("\n".join(parts), tuple(_plugins(printed)), prefix[1] if prefix else "")


def _theme_css(theme: Mapping[str, Any], *, is_whole: bool) -> Iterator[str]:
    """Yield the CSS for members of a theme; *is_whole*: they take the place of Tailwind's own."""
    lines: list[str] = []
    for member, values in theme.items():
        if isinstance(values, dict) and member not in _NO_SPACES and re.fullmatch(r"[A-Za-z]+", member):
            space = _SPACES.get(member) or _kebab(member)
            if is_whole and member in ("colors", "screens") and _SPREAD not in values:
                lines.append(f"--{space}-*: initial;")
            lines += _variables(f"--{space}", values)
    sizes = theme.get("fontSize")
    if isinstance(sizes, dict):
        lines += _font_sizes(sizes)
    if lines:
        # Inline: a value such as `hsl(var(--border))` is looked up where it is used.
        yield "@theme inline {\n  " + "\n  ".join(lines[:MAX_VALUES]) + "\n}"
    frames = theme.get("keyframes")
    if isinstance(frames, dict):
        yield from filter(None, (_keyframes(name, steps) for name, steps in frames.items()))
    container = theme.get("container")
    if isinstance(container, dict):
        yield _container(container)


def _variables(start: str, values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if key == _SPREAD:
            continue
        name = start if key == "DEFAULT" else f"{start}-{_ESCAPED.sub(lambda found: chr(92) + found[0], key)}"
        if isinstance(value, dict):
            yield from _variables(name, value)
        elif isinstance(value, _Reference):
            palette = start.removeprefix("--") == "color" and value.name in _PALETTE
            yield from (f"{name}-{shade}: var(--color-{value.name}-{shade});" for shade in _SHADES if palette)
        elif (text := _css_value(value)) is not None:
            yield f"{name}: {text};"


def _css_value(value: Any) -> str | None:
    if isinstance(value, list):
        parts = [_css_value(item) for item in value]
        return ", ".join(part for part in parts if part) or None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    text = str(value).replace("<alpha-value>", "1")
    return None if _UNSAFE.search(text) or not text.strip() else text


def _font_sizes(sizes: Mapping[str, Any]) -> Iterator[str]:
    for key, value in sizes.items():
        name = f"--text-{_ESCAPED.sub(lambda found: chr(92) + found[0], key)}"
        size, *more = value if isinstance(value, list) else [value]
        if (text := _css_value(size)) is not None:
            yield f"{name}: {text};"
        options = more[0] if more else None
        height = options.get("lineHeight") if isinstance(options, dict) else options
        if (text := _css_value(height)) is not None:
            yield f"{name}--line-height: {text};"


def _keyframes(name: str, steps: Any) -> str:
    if not isinstance(steps, dict) or not re.fullmatch(r"[\w-]+", name):
        return ""
    blocks = []
    for step, rules in steps.items():
        if isinstance(rules, dict) and not _UNSAFE.search(step):
            pairs = ((_kebab(key), _css_value(value)) for key, value in rules.items())
            blocks.append(f"{step} {{ {' '.join(f'{key}: {value};' for key, value in pairs if value)} }}")
    return f"@keyframes {name} {{ {' '.join(blocks)} }}"


def _kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"-{found[0].lower()}", name)


def _container(container: Mapping[str, Any]) -> str:
    rules = []
    if container.get("center") is True:
        rules.append("margin-inline: auto;")
    padding = container.get("padding")
    text = _css_value(padding.get("DEFAULT") if isinstance(padding, dict) else padding)
    if text:
        rules.append(f"padding-inline: {text};")
    screens = container.get("screens")
    widths = screens.values() if isinstance(screens, dict) else ()
    rules += [f"@media (width >= {w}) {{ max-width: {w}; }}" for w in map(_css_value, widths) if w]
    return f"@utility container {{ {' '.join(rules)} }}" if rules else ""


def _plugins(printed: str) -> Iterator[str]:
    """Yield the packages that the list of plugins names, by `require` or by what was imported."""
    start = _PLUGINS.search(printed)
    if start is None:
        return
    part = printed[start.end() : start.end() + 2000].partition("]")[0]
    for required, word in _PACKAGE.findall(part):
        if required:
            yield required
        elif imported := re.search(f"{_DECLARED}{re.escape(word)}{_GIVEN}", printed):
            yield imported[1]


class _PlainValue:
    """Reads one plain value; what is not plain is None. State: where it is in the text."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def value(self, depth: int) -> Any:
        """Return the value that begins here, and go behind it."""
        start = self.at
        found = self._next()
        value: Any = None
        if found["sign"] == "{" and depth < MAX_DEPTH:
            value = self._object(depth)
        elif found["sign"] == "[" and depth < MAX_DEPTH:
            value = self._list(depth)
        elif found["string"]:
            value = string_value(found["string"])
        elif found["number"]:
            value = found["number"]
        elif found["word"]:
            value = _word(found["word"])
        else:
            self.at = start
        return value if self._is_at_end() else self._skip()

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._takes("}"):
            start = self.at
            found = self._next()
            key = string_value(found["string"]) if found["string"] else found["number"] or found["word"]
            if key is not None and self._takes(":"):
                members[key] = self.value(depth + 1)
            else:
                self.at = start
                if self._peek() == _SPREAD:
                    members[_SPREAD] = None
                self._skip()
            if not self._takes(",") and self._peek() != "}":
                return members
        return members

    def _list(self, depth: int) -> list[Any]:
        items = []
        while not self._takes("]"):
            items.append(self.value(depth + 1))
            if not self._takes(",") and self._peek() != "]":
                return items
        return items

    def _skip(self) -> None:
        """Go to the end of an expression: a comma or a closing bracket of what it stands in."""
        depth = 0
        while self.at < len(self.text):
            sign = self._peek()
            if depth == 0 and sign in (",", "}", "]", ")", ""):
                return
            depth += (sign in ("(", "[", "{")) - (sign in (")", "]", "}"))
            self._next()

    def _is_at_end(self) -> bool:
        return self._peek() in (",", "}", "]", ")", ";", "")

    def _takes(self, sign: str) -> bool:
        if self._peek() != sign:
            return self.at >= len(self.text)
        self._next()
        return True

    def _peek(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        return (found["sign"] or "word") if found else ""

    def _next(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.at) or _END
        self.at = found.end() if found is not _END else len(self.text)
        return found


_END_FOUND = _TOKEN.match(";")
assert _END_FOUND is not None, "the pattern takes any sign"
_END = _END_FOUND


def _word(word: str) -> Any:
    if word in ("true", "false"):
        return word == "true"
    return _Reference(word.rpartition(".")[2]) if "." in word else None
