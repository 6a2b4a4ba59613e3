"""Which names CommonJS code exports, read from its text: no package's code ever runs on this server.

Found is what cjs-module-lexer finds for Node, and what bundlers, transpilers and libraries of old write
besides: names put on a function that is exported, object literals with any values, names copied in a loop.
A name too many does no harm, as it is exported as `undefined`; for want of a name an app does not start.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_ID = r"[A-Za-z_$][\w$]*"
_EXPORTS = r"\bexports\d*"  # `module.exports` as well; esbuild numbers names that shadow others
_REQUIRED = r'require\("([^"]+)"\)'
_MAX_NAMES = 3000
_MAX_TOKENS = 300_000
_LOOP_CHARS = 400  # between the head of a loop over names and the line that exports them
_NOT_EXPORTED = frozenset({"default", "__esModule", "prototype"})


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


_NAMED = _pattern(
    rf'{_EXPORTS}\.({_ID})\s*=(?!=)|{_EXPORTS}\["({_ID})"\]\s*=(?!=)'
    rf'|defineProperty\((?:{_ID}\.)?{_EXPORTS},\s*"({_ID})"'
    rf'|\b{_ID}\.d\({_ID},\s*"({_ID})",'  # webpack's
)
# What comes next is an object literal whose members are exported: assigned, or given to a helper of esbuild's,
# swc's or webpack's.
_LITERAL = _pattern(
    rf"{_EXPORTS}\s*=\s*(?=\{{)|\b_{{1,2}}export\w*\({_ID},\s*(?=\{{)|\b{_ID}\.d\({_ID},\s*(?=\{{)"
)
_ASSIGN = _pattern(rf"\bObject\.assign(?=\((?:{_ID}\.)?exports\d*,)|{_EXPORTS}\s*=\s*Object\.assign(?=\()")
_HANDED_ON = _pattern(
    rf"{_EXPORTS}\s*=\s*{_REQUIRED}|\b_{{1,2}}export(?:_?[sS]tar)?\({_REQUIRED}|\b{_ID}\.__exportStar\({_REQUIRED}"
)
_LOOP = _pattern(rf"\bObject\.keys\(({_ID})\)\.forEach\(|\bfor \((?:var|let|const) {_ID} in ({_ID})\)")
_COPIES = _pattern(rf"{_EXPORTS}\[{_ID}\]\s*=(?!=)|defineProperty\((?:{_ID}\.)?exports\d*,\s*{_ID},")
_VARIABLE = _pattern(rf"(?<![\w$.])({_ID})\s*=\s*(?:{_ID}\()?{_REQUIRED}")
_WHOLE = _pattern(rf"{_EXPORTS}\s*=\s*({_ID})\s*[;,)\n]")
_MADE = _pattern(rf"{_EXPORTS}\s*=\s*(?!require\b){_ID}\(")
_GIVEN = _pattern(rf"\b{_ID}\(exports[,)]")
_FACTORY = _pattern(rf"\(this, \(?(?:function)?\(({_ID})")
_DEFINED = _pattern(rf'defineProperty\(({_ID}),\s*"({_ID})"')
_CALLED = _pattern(rf"(?<![\w$.])({_ID})\s*=\s*{_ID}\(")
_RETURNED = _pattern(rf"(?:\breturn |, )({_ID});?\s*\}}")
_RETURNED_LITERAL = _pattern(r"\breturn (?=\{)")
_MAX_RETURNED = 8  # of these only the last are looked at: a factory ends with what it makes
_ENDS_CALL = _pattern(r"\s*;?\s*\}\s*\)")
_MEMBER = _pattern(rf"(?<![\w$.])({_ID})\.({_ID})\s*=(?!=)")
_OBJECT = _pattern(rf"(?<![\w$.])({_ID})\s*=\s*(?=\{{)")
_TOKEN = _pattern(
    r'"(?:\\.|[^"\\\n])*+"' r"|'(?:\\.|[^'\\\n])*+'"
    r'|`(?:\\.|\$\{(?:"(?:\\.|[^"\\\n])*+"|[^}"`])*+\}|[^`\\])*+`'
    r"|(?:(?<=[(\[!])|(?<=[:,=&|?] )|(?<=return ))/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/\w*"
    r"|\.\.\.|[\w$]+|\S"
)  # fmt: skip
_OPENING, _CLOSING = frozenset("{(["), frozenset("})]")
_IN_OBJECT = (["{"], ["(", "{"])  # the brackets that are open: those of a literal, or of one as argument
_BEFORE_KEY = frozenset({"get", "set", "async", "*"})
_AFTER_KEY = frozenset({":", ",", "}", "("})
_KEY = _pattern(rf'{_ID}|"{_ID}"')
_SOURCE = _pattern(rf"(?:\.\.\.)?(?:{_REQUIRED}|({_ID})\s*[,)}}])")


@dataclass(frozen=True, slots=True)
class Exported:
    """What one file exports: *names*, and *handed_on*, specifiers of modules all of whose names are too."""

    names: frozenset[str]
    handed_on: tuple[str, ...]


def read_exports(code: str) -> Exported:
    """Return what the CommonJS *code*, in the form that esbuild prints, exports besides `default`."""
    names = {name for found in _NAMED.findall(code) for name in found if name}
    handed_on = [specifier for found in _HANDED_ON.findall(code) for specifier in found if specifier]
    variables = dict(_VARIABLE.findall(code))
    budget = iter(range(_MAX_TOKENS))
    for start in _literals(code):
        keys, spread = _read_literal(code, start, variables, budget)
        names |= keys
        handed_on += spread
    for match in _LOOP.finditer(code):
        source = variables.get(match[1] or match[2])
        if source and _COPIES.search(code, match.end(), match.end() + _LOOP_CHARS):
            handed_on.append(source)
    whole = _whole(code)
    handed_on += [source for variable, source in variables.items() if variable in whole]
    names |= {name for of, name in (*_MEMBER.findall(code), *_DEFINED.findall(code)) if of in whole}
    names -= _NOT_EXPORTED
    return Exported(frozenset(sorted(names)[:_MAX_NAMES]), tuple(dict.fromkeys(handed_on)))


def _whole(code: str) -> set[str]:
    """Return the variables that may be the value of `module.exports` itself.

    Where a call makes that value (`factory()`, `runInContext()`), all that any function returns is meant; where
    it is given to a factory (`factory(exports)`), what that calls it.
    """
    given = set(_WHOLE.findall(code))
    if _MADE.search(code) or given & set(_CALLED.findall(code)):
        given |= set(_RETURNED.findall(code))
    if _GIVEN.search(code):
        given |= set(_FACTORY.findall(code))
    return given - {"exports", "this", "undefined"}


def _literals(code: str) -> Iterator[int]:
    """Yield where the object literals and argument lists begin whose members *code* exports."""
    yield from (match.end() for match in _LITERAL.finditer(code))
    yield from (match.end() for match in _ASSIGN.finditer(code))
    whole = _whole(code)
    yield from (match.end() for match in _OBJECT.finditer(code) if match[1] in whole)
    if _MADE.search(code):
        returned = [match.end() for match in _RETURNED_LITERAL.finditer(code)]
        yield from (start for start in returned[-_MAX_RETURNED:] if _ends_call(code, start))


def _ends_call(code: str, start: int) -> bool:
    """Whether the literal at *start* is the last thing in a function that is the last argument of a call."""
    depth = 0
    for _, match in zip(range(_MAX_TOKENS), _TOKEN.finditer(code, start), strict=False):
        depth += (match[0] in _OPENING) - (match[0] in _CLOSING)
        if not depth:
            return _ENDS_CALL.match(code, match.end()) is not None
    return False


def _read_literal(
    code: str, start: int, variables: Mapping[str, str], budget: Iterator[int]
) -> tuple[set[str], list[str]]:
    """Return the keys of the object literal at *start*, or of those in the argument list there, and the
    specifiers of modules that are spread into it. Keys of objects within it don't count, nor do computed ones.
    Each token takes one of *budget*.
    """
    keys: set[str] = set()
    spread: list[str] = []
    inside: list[str] = []
    before = word = ""
    for _, match in zip(budget, _TOKEN.finditer(code, start), strict=False):
        token = match[0]
        if word and token in _AFTER_KEY:
            keys.add(word)
        word = ""
        if inside in _IN_OBJECT and (before in "{," or before in _BEFORE_KEY) and _KEY.fullmatch(token):
            word = token.strip('"')
        if (inside in _IN_OBJECT and token == "...") or (inside == ["("] and before in "(,"):
            source = _SOURCE.match(code, match.start())
            if source is not None:
                spread += filter(None, (source[1], variables.get(source[2] or "")))
        if token in _OPENING:
            inside.append(token)
        elif token in _CLOSING and inside:
            inside.pop()
        if not inside:
            break
        before = token
    return keys, spread
