"""Which sources of an app use a form that modules one by one can't carry.

Looked at is the text, not what it means: a form in a comment counts, too, and costs no more than a build that was not
needed. Most sources have none of the words by which a form begins, and are done with a look for these.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vibes_trio.bundle.material import NOT_HERE, STYLES
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.tailwind import uses_tailwind
from vibes_trio.content.specifiers import Kind, parse_specifier

MAX_TOLD = 3


@dataclass(frozen=True, slots=True)
class Form:
    """A form that *file* uses, in the words of who wrote it."""

    file: str
    words: str


_QUERY = r"(?:raw|url|inline|no-inline|react|component|(?:shared)?worker)"
_NAMES = r"\b(?:import|export)\s++(?:[\w$]++\s*+,\s*+)?[{*][^;'\"]*+from\s*+[\"'][^\"'\n]++"
# A word without which a source can't have the form, the form, and how it looks.
_ROWS = (
    ("import.meta.env", "import.meta.env", r"import\.meta\.env\b"),
    ("import.meta.glob", "import.meta.glob", r"import\.meta\.glob"),
    ("process.env", "process.env", r"\bprocess\.env\b"),
    ("require", "require()", r"(?<![\w.$])require\s*+\(\s*+[\"'`]"),
    ("module.exports", "module.exports", r"(?<![\w.$])module\.exports\b"),
    ("exports.", "exports", r"(?m:^)\s*+exports\.[\w$]++\s*+=[^=]"),
    (
        "import",
        "an import of a path that is put together",
        r"\bimport\s*+\(\s*+(?:/\*.{0,200}?\*/\s*+)?(?:`[^`]*?\$\{|[\"'][^\"'\n]*+[\"']\s*+\+)",
    ),
    (
        "type",
        "import attributes",
        r"[\"']\s*+(?:with|assert)\s*+\{\s*+[\"']?type[\"']?\s*+:|,\s*+\{\s*+with\s*+:",
    ),
    ("?", "an import with a query", rf"[\"'`][^\"'`\n?]++\?(?:[^\"'`\n]*&)?{_QUERY}\b[^\"'`\n]*+[\"'`]"),
    (".module.", "CSS modules", r"\.module\.(?:css|scss|sass|less|styl|stylus)[\"'`?]"),
    (".json", "names of a JSON file", rf"{_NAMES}(?<=\.json)[\"']"),
    (".svg", "SVG as a component", r"\bReactComponent\b[^;'\"]*+from\s*+[\"'][^\"'\n]++(?<=\.svg)[\"']"),
    ("next/", "parts of Next", r"[\"']next/[a-z]"),
)
_ANYWHERE = tuple((word, told, re.compile(pattern, re.DOTALL)) for word, told, pattern in _ROWS)
_META_URL = "import.meta.url"
_WORKER = re.compile(r"\bnew\s++(?:Shared)?Worker\b")
_SPECIFIER = re.compile(r"""(?:\bfrom|\bimport)\s*+\(?\s*+["']([^"'\n]{1,600})["']""")
_ODD_ENDINGS = (*(ending for ending in STYLES if ending != ".css"), *NOT_HERE, ".cjs")


def find_forms(
    texts: Mapping[str, str], langs: Mapping[str, str | None], styles: Mapping[str, str], places: Places
) -> list[Form]:
    """Return the forms that the modules *texts* and the style sheets *styles* of an app use, each once a file.

    Args:
        langs: of the modules.
    """
    found = [form for name, text in texts.items() for form in _in_module(name, text, langs.get(name), places)]
    found += [Form(name, "Tailwind in CSS") for name, css in styles.items() if uses_tailwind(css)]
    return list(dict.fromkeys(found))


def tell_forms(forms: Sequence[Form]) -> tuple[str, ...]:
    """Return what is told of *forms* where no esbuild is there to build the app: each with its files."""
    by_words: dict[str, list[str]] = {}
    for form in forms:
        by_words.setdefault(form.words, []).append(form.file)
    return tuple(
        f"{', '.join(files[:MAX_TOLD])}{', …' if len(files) > MAX_TOLD else ''}: {words} needs esbuild, which is not"
        " on this server."
        for words, files in by_words.items()
    )


def _in_module(name: str, text: str, lang: str | None, places: Places) -> Iterable[Form]:
    for word, told, pattern in _ANYWHERE:
        if word in text and pattern.search(text):
            yield Form(name, told)
    # A module that is served under its own name finds its neighbours by itself; but no package, in a worker.
    if _META_URL in text and (lang != "js" or _WORKER.search(text)):
        yield Form(name, "import.meta.url")
    for specifier in _SPECIFIER.findall(text):
        told = _of_specifier(name, specifier, places)
        if told:
            yield Form(name, told)


def _of_specifier(name: str, specifier: str, places: Places) -> str:
    if specifier.endswith(_ODD_ENDINGS):
        return specifier.rpartition(".")[2]
    kind = parse_specifier(specifier).kind
    if kind is Kind.RELATIVE or kind is Kind.URL:
        return ""
    if kind is Kind.ABSOLUTE:
        # From the root of the project, or of its public folder, which is not the root of the app.
        return "an absolute path" if specifier not in places.names and places.find(name, specifier) else ""
    return "an alias" if places.find(name, specifier) else ""
