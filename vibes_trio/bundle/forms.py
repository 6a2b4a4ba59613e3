"""Which sources of an app use a form that modules one by one can't carry.

Looked at is the text, not what it means: a form in a comment counts, too, and costs no more than a build that was not
needed. Most sources have none of the words by which a form begins, and are done with a look for these.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from vibes_trio.bundle.material import NOT_HERE, STYLES
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.tailwind import uses_tailwind
from vibes_trio.content.quick_patterns import Signed, word
from vibes_trio.content.specifiers import Kind, parse_specifier

MAX_TOLD = 3
REACT_BY_NAME = "React without an import"


@dataclass(frozen=True, slots=True)
class Form:
    """A form that *file* uses, in the words of who wrote it."""

    file: str
    words: str


_QUERY = re.compile(r"\?(?:raw|url|inline|no-inline|react|component|(?:shared)?worker)(?=[&=]|$)")
# What is imported stands in one pair of braces. Both are read no further than they can go, however often they begin.
_NAMES = r"\b(?:import|export)\s++(?:[\w$]++\s*+,\s*+)?[{*][^;'\"{*]{0,2000}?\bfrom\s*+[\"'][^\"'\n]++"
_COMPONENT = r"\bReactComponent\b[^;'\"{]{0,500}?\bfrom\s*+[\"'][^\"'\n]++"
# Words of which a source has to have one, the form, and how it looks.
_ROWS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("import.meta.env",), "import.meta.env", r"import\.meta\.env\b"),
    (("import.meta?.env",), "import.meta.env", r"import\.meta\?\.env\b"),
    (("import.meta.glob",), "import.meta.glob", r"import\.meta\.glob"),
    (("process.env",), "process.env", r"\bprocess\.env\b"),
    (("require",), "require()", r"(?<![\w.$])require\s*+\(\s*+[\"'`]"),
    (("module.exports",), "module.exports", r"(?<![\w.$])module\.exports\b"),
    (("exports.",), "exports", r"(?m:^)[ \t]*+exports\.[\w$]++\s*+=[^=]"),
    (
        ("import(", "import ("),
        "an import of a path that is put together",
        r"\bimport\s*+\(\s*+(?:/\*.{0,200}?\*/\s*+)?(?:`[^`]*?\$\{|[\"'][^\"'\n]*+[\"']\s*+\+)",
    ),
    (
        ("with {", "with{", "assert {", "assert{", "with:"),
        "import attributes",
        r"[\"']\s*+(?:with|assert)\s*+\{\s*+[\"']?type[\"']?\s*+:|,\s*+\{\s*+with\s*+:",
    ),
    ((".module.",), "CSS modules", r"\.module\.(?:css|scss|sass|less|styl|stylus)[\"'`?]"),
    ((".json",), "names of a JSON file", rf"{_NAMES}(?<=\.json)[\"']"),
    ((".svg",), "SVG as a component", rf"{_COMPONENT}(?<=\.svg)[\"']"),
    (("@jsx",), "the JSX of another library", r"@jsx(?:ImportSource)?\s++(?!react\b)[\w@]"),
    (("next/",), "parts of Next", r"[\"']next/[a-z]"),
)
# A value of React's, by a name that the file does not have.
_REACT = re.compile(
    r"(?<![\w$.\"'`])React\.(?:use[A-Z]?\w*|create\w+|(?:Pure)?Component|Fragment|StrictMode|Suspense|Children|memo|lazy"
    r"|forwardRef|cloneElement|isValidElement|startTransition|version)\b|=\s*+React\s*+[;\n]"
    r"|(?<![\w$.\"'`])ReactDOM\.(?:createRoot|hydrateRoot|createPortal|flushSync|render)\b"
)
_HAS_REACT = re.compile(
    r"\bimport\b[^;\"']{0,300}?\b(?:React|ReactDOM)\b|\b(?:const|let|var)\s++(?:React|ReactDOM)\b|(?:window|globalThis|self)\.React"
)
_ANYWHERE = tuple((told, Signed(signs, re.compile(pattern, re.DOTALL))) for signs, told, pattern in _ROWS)
_META_URL = "import.meta.url"
_WORKER = re.compile(rf"{word('new')}\s++(?:Shared)?Worker\b")
_SPECIFIERS = tuple(
    re.compile(rf"""{word(before)}\s*+\(?\s*+["']([^"'\n]{{1,600}})["']""") for before in ("from", "import")
)
FOR_BUNDLERS = frozenset(
    {
        "import.meta.env",
        "import.meta.glob",
        "CSS modules",
        "names of a JSON file",
        "an import with a query",
        "an alias",
        *(ending.removeprefix(".") for ending in STYLES if ending != ".css"),
    }
)
"""Forms, of modules, that mean nothing to any browser."""
_ODD_ENDINGS = (*(ending for ending in STYLES if ending != ".css"), *NOT_HERE, ".cjs")


def find_forms(
    texts: Mapping[str, str], langs: Mapping[str, str | None], styles: Mapping[str, str], places: Places
) -> Iterator[Form]:
    """Yield the forms that the modules *texts* and the style sheets *styles* of an app use, some more than once.

    Args:
        langs: of the modules.
    """
    for name, text in texts.items():
        yield from _in_module(name, text, langs.get(name), places)
    for name, css in styles.items():
        if uses_tailwind(css):
            yield Form(name, "Tailwind in CSS")


def tell_forms(forms: Iterable[Form]) -> tuple[str, ...]:
    """Return what is told of *forms* where no esbuild is there to build the app: each with its files."""
    by_words: dict[str, list[str]] = {}
    for form in sorted(dict.fromkeys(forms), key=lambda form: form.file):
        by_words.setdefault(form.words, []).append(form.file)
    return tuple(
        f"{', '.join(files[:MAX_TOLD])}{', …' if len(files) > MAX_TOLD else ''}: {words} needs esbuild, which is not"
        " on this server."
        for words, files in by_words.items()
    )


def _in_module(name: str, text: str, lang: str | None, places: Places) -> Iterator[Form]:
    for told, form in _ANYWHERE:
        if form.is_in(text):
            yield Form(name, told)
    if "React" in text and _REACT.search(text) and not _HAS_REACT.search(text):
        yield Form(name, REACT_BY_NAME)
    # A module that is served under its own name finds its neighbours by itself; but no package, in a worker.
    if _META_URL in text and (lang != "js" or _WORKER.search(text)):
        yield Form(name, "import.meta.url")
    for specifier in chain.from_iterable(pattern.findall(text) for pattern in _SPECIFIERS):
        told = _of_specifier(name, specifier, places)
        if told:
            yield Form(name, told)


def _of_specifier(name: str, specifier: str, places: Places) -> str:
    if specifier.endswith(_ODD_ENDINGS):
        return specifier.rpartition(".")[2]
    kind = parse_specifier(specifier).kind
    if kind is Kind.URL:
        return ""
    if _QUERY.search(specifier):
        return "an import with a query"
    if kind is Kind.RELATIVE:
        is_gone = specifier.endswith(".css") and places.find(name, specifier) is None
        return "a style sheet that is not there" if is_gone else ""
    if kind is Kind.ABSOLUTE:
        # From the root of the project, or of its public folder, which is not the root of the app.
        return "an absolute path" if specifier not in places.names and places.find(name, specifier) else ""
    return "an alias" if places.find(name, specifier) or places.is_own(specifier) else ""
