"""What stands in for the parts of Node in a browser: nothing, as with the usual bundlers.

Much code for both asks Node for something only where it runs in Node. So a part of Node is an object without members
that remembers what was asked of it (`globalThis.__vibesNode`), which the page tells when the app then fails. Code
that needs such a part to be loaded at all is refused at the build, by name.
"""

import re
from pathlib import Path

from vibes_trio.content.node_names import NAMES

# Its proxy is the prototype: then members of copies that bundlers make are asked for here as well.
_STAND_IN = """const name = {name};
module.exports = Object.create(new Proxy({{}}, {{
  get(_, key) {{
    if (typeof key === "string" && key !== "__esModule" && key !== "then" && key !== "default")
      (globalThis.__vibesNode ??= new Set()).add(`${{name}}.${{key}}`);
  }},
}}));
"""
# The one part that most code can do with little of.
_PROCESS = """const later = (act, ...given) => queueMicrotask(() => act(...given));
const none = () => process;
const process = { title: "browser", browser: true, platform: "browser", version: "", versions: {}, argv: [],
  env: { NODE_ENV: "production" }, nextTick: later, cwd: () => "/", on: none, once: none, off: none, emit: none,
  addListener: none, removeListener: none, removeAllListeners: none };
module.exports = process;
"""

_WORD = r"[A-Za-z_$][\w$]*"
_BOUND = re.compile(
    rf'^import (?:\* as )?({_WORD})(?:, \{{[^}}]*\}})? from "(?P<esm>[^"\n]+)";$'
    rf'|^(?:var|let|const) ({_WORD}) = require\("(?P<cjs>[^"\n]+)"\)',
    re.MULTILINE,
)
_BOUND_NAMES = re.compile(
    rf'^import (?:{_WORD}, )?\{{([^}}]*)\}} from "(?P<esm>[^"\n]+)";$'
    r'|^(?:var|let|const) \{([^}]*)\} = require\("(?P<cjs>[^"\n]+)"\)',
    re.MULTILINE,
)
_HANDED_ON = re.compile(r'^export (?:\*|\{[^}]*\})[^"\n]* from "([^"\n]+)";$', re.MULTILINE)
_REQUIRED = re.compile(r'require\("([^"\n]+)"\)(?:\.[\w$]+)*\(')
# What stands before a use and lets it not happen, or later.
_GUARD = re.compile(r"=>|&&|\|\||\?|\bfunction\b|\btry\b|\bif\b|\btypeof\b")
_LATER = re.compile(r"(?:export (?:default )?)?(?:async )?(?:function|import|//|/\*)\b")


def write_builtins(folder: Path) -> None:
    """Write a package for every part of Node, where esbuild looks when nothing else has that name."""
    for name in NAMES:
        path = _path_of(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _PROCESS if name == "process" else _STAND_IN.format(name=repr(name).replace("'", '"'))
        path.write_text(text, "utf-8")


def aliases(folder: Path) -> list[str]:
    """Return the flags that send `node:…` to the packages in *folder*."""
    return [f"--alias:node:{name}={_path_of(folder, name)}" for name in NAMES]


def _path_of(folder: Path, name: str) -> Path:
    top, _, rest = name.partition("/")
    return folder / top / f"{rest or 'index'}.js"


def find_needed(printed: str, names: frozenset[str]) -> str:
    """Return which of *names*, parts of Node as the code writes them, a module can't be loaded without; empty: none.

    Args:
        printed: the module as esbuild prints it: what runs at once stands in lines that begin at the margin.
    """
    used = {name for name in _HANDED_ON.findall(printed) if name in names}
    words: dict[str, str] = {}
    for match in _BOUND.finditer(printed):
        words[match[1] or match[3]] = match["esm"] or match["cjs"]
    for match in _BOUND_NAMES.finditer(printed):
        listed = (match[1] or match[3] or "").replace(":", " as ").split(",")
        words |= dict.fromkeys(
            (part.split(" as ")[-1].strip() for part in listed), match["esm"] or match["cjs"]
        )
    words = {word: name for word, name in words.items() if word and name in names}
    alternatives = "|".join(re.escape(word) for word in words)
    pattern = re.compile(
        rf"(?<![\w$.])({alternatives})(?:\.[\w$]+)*\(|\bextends ({alternatives})\b" if words else r"(?!)()()"
    )
    for line in printed.splitlines():
        if not line[:1].strip() or _LATER.match(line):
            continue
        for match in pattern.finditer(line):
            if not _GUARD.search(line, 0, match.start()):
                used.add(words[match[1] or match[2]])
        for match in _REQUIRED.finditer(line):
            if match[1] in names and not _GUARD.search(line, 0, match.start()):
                used.add(match[1])
    return min(used, default="")
