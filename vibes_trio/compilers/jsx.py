"""JSX to JavaScript, in pure Python: esprima parses, the emitter below writes. No I/O.

Only the JSX is rewritten; all other text stays as it is, character for character. The output calls the
production automatic runtime (`react/jsx-runtime`). Every line keeps its number, so that errors in the browser
name the author's lines without a source map: helpers are imported on the first line, and the line ends of
what is removed are written back. They fall inside the call's parentheses, where a line end means nothing.
"""

import re
from bisect import bisect_left

from vibes_trio.compilers.interface import Compiled, Source
from vibes_trio.compilers.jsx_text import js_string, jsx_attribute_text, jsx_text
from vibes_trio.compilers.syntax import (
    ESPRIMA_VERSION,
    LINE_END,
    Tree,
    exports_default,
    find_dynamic_imports,
    find_imports,
    parse_module,
    walk,
)
from vibes_trio.errors import TransformFailed

# The number is the emitter's: raise it when its output changes.
VERSION = f"esprima-fork {ESPRIMA_VERSION}, emitter 1"

_JSX_RUNTIME = "react/jsx-runtime"
# Exported name → module, in the order in which they are imported.
_HELPERS = {"jsx": _JSX_RUNTIME, "jsxs": _JSX_RUNTIME, "Fragment": _JSX_RUNTIME, "createElement": "react"}
_HASHBANG = re.compile("^#![^\n\r\u2028\u2029]*(?:\r\n|[\n\r\u2028\u2029])?")
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_NEEDS_ESBUILD = (
    "TypeScript is compiled by esbuild, which this server has not found: "
    "run `vibes-trio toolchain install`, or name a binary in VIBES_ESBUILD"
)


def transform(source: Source) -> Compiled:
    """Return *source* as a browser module; `js` is checked and stays as it is.

    Raises:
        TransformFailed: no valid module, or TypeScript.
    """
    if source.lang not in ("jsx", "js"):
        raise TransformFailed(_NEEDS_ESBUILD, filename=source.filename)
    program = parse_module(source.text, source.filename, jsx=source.lang == "jsx")
    nodes = list(walk(program))
    emitter = _Emitter(source.text, nodes)
    try:
        code = emitter.module()
    except RecursionError:
        raise TransformFailed("the code is nested too deeply", filename=source.filename) from None
    runtime = dict.fromkeys(_HELPERS[helper] for helper in _HELPERS if helper in emitter.used)
    return Compiled(
        code=code,
        imports=tuple(dict.fromkeys([*runtime, *find_imports(program)])),
        dynamic_imports=tuple(dict.fromkeys(find_dynamic_imports(nodes))),
        has_default=exports_default(program),
    )


class _Emitter:
    """One module being written. Lives for one call of `transform`.

    Attributes:
        used: the helpers called so far, exported name → name in this module.
    """

    def __init__(self, text: str, nodes: list[Tree]) -> None:
        self._text = text
        self._names = {node.name for node in nodes if isinstance(node.name, str)}
        elements = (node for node in nodes if node.type in ("JSXElement", "JSXFragment"))
        self._elements: list[Tree] = sorted(elements, key=lambda node: node.range[0])
        self._starts: list[int] = [node.range[0] for node in self._elements]
        self.used: dict[str, str] = {}

    def module(self) -> str:
        """Return the whole module; what has no JSX comes back as it was."""
        if not self._elements:
            return self._text
        body = self._code(0, len(self._text))
        hashbang = _HASHBANG.match(body)
        head = hashbang.end() if hashbang else 0
        return body[:head] + self._import_line() + body[head:]

    def _import_line(self) -> str:
        modules: dict[str, list[str]] = {}
        for helper, module in _HELPERS.items():
            if helper in self.used:
                modules.setdefault(module, []).append(f"{helper} as {self.used[helper]}")
        return "".join(
            f'import {{ {", ".join(names)} }} from "{module}";' for module, names in modules.items()
        )

    def _helper(self, exported: str) -> str:
        """Return what *exported* is called here: no name of the module, in whatever scope, is taken."""
        if exported not in self.used:
            name = f"_{exported}"
            while name in self._names:
                name = f"_{name}"
            self.used[exported] = name
        return self.used[exported]

    def _code(self, start: int, end: int) -> str:
        """Return the source between *start* and *end*, with its outermost elements rewritten."""
        parts: list[str] = []
        at = start
        index = bisect_left(self._starts, start)
        while index < len(self._starts) and self._starts[index] < end:
            element = self._elements[index]
            parts += (self._text[at : self._starts[index]], self._element(element))
            at = element.range[1]
            index = bisect_left(self._starts, at)
        parts.append(self._text[at:end])
        return "".join(parts)

    def _element(self, node: Tree) -> str:
        """Return the call that makes *node*, with as many line ends as *node* has."""
        start, end = node.range
        if node.type == "JSXFragment":
            tag, attributes = self._helper("Fragment"), []
        else:
            tag, attributes = _tag(node.openingElement.name), node.openingElement.attributes
        classic = _has_key_after_spread(attributes)
        props = _Pieces(self._text, start)
        keys: list[str] = []
        for attribute in attributes:
            self._attribute(attribute, props, None if classic else keys)
        children = props.following()
        static = self._children(node.children, children)
        if classic:
            arguments = [tag, f"{{{props.joined()}}}", *children.pieces]
            return f"{self._helper('createElement')}({', '.join(arguments)}{children.line_ends(end)})"
        if static:
            props.pieces.append(f"children: [{children.joined()}]")
        elif children.pieces:
            props.pieces.append(f"children: {children.joined()}")
        key = "" if not keys else f", {keys[0]}" if len(keys) == 1 else f", ({', '.join(keys)})"
        helper = self._helper("jsxs" if static else "jsx")
        return f"{helper}({tag}, {{{props.joined()}{children.line_ends(end)}}}{key})"

    def _attribute(self, node: Tree, props: "_Pieces", keys: list[str] | None) -> None:
        """Add one attribute to *props*, or to *keys* if it is one and these are wanted apart."""
        start, end = node.range
        if node.type == "JSXSpreadAttribute":
            props.add(start, end, self._code(start + 1, end - 1))
            return
        name, value = _attribute_name(node.name), node.value
        if value is None:
            code = "true"
        elif value.type == "Literal":
            # One line now; the line ends of the value are written before the next piece.
            code = js_string(jsx_attribute_text(self._text[value.range[0] + 1 : value.range[1] - 1]))
            start, end = value.range[0], value.range[0]
        else:
            start, end = value.range
            code = self._expression(value)
        if keys is not None and name == "key":
            props.skip(start, end)
            keys.append(code)
        else:
            props.add(start, end, f"{_property_key(name)}: {code}")

    def _children(self, nodes: list[Tree], children: "_Pieces") -> bool:
        """Add the children's code to *children*; tell whether they make a list."""
        spread = False
        for node in nodes:
            start, end = node.range
            if node.type == "JSXText":
                raw = self._text[start:end]
                if text := jsx_text(raw):
                    at = start + len(raw) - len(raw.lstrip(" \t\r\n"))
                    children.add(at, at, js_string(text))
            elif node.type == "JSXSpreadChild":
                spread = True
                children.add(start, end, self._code(start + 1, end - 1))
            elif node.type != "JSXExpressionContainer" or node.expression.type != "JSXEmptyExpression":
                children.add(start, end, self._expression(node))
        return spread or len(children.pieces) > 1

    def _expression(self, node: Tree) -> str:
        """Return an element, or what stands in braces with its comments and line ends."""
        start, end = node.range
        if node.type != "JSXExpressionContainer":
            return self._code(start, end)
        code = self._code(start + 1, end - 1)
        return f"({code})" if node.expression.type == "SequenceExpression" else code


class _Pieces:
    """A list being written, with the line ends that stand between its pieces in the source.

    Attributes:
        pieces: each with the line ends before it.
    """

    def __init__(self, text: str, at: int, owed: str = "") -> None:
        self._text = text
        self._at = at  # how far the source is accounted for
        self._owed = owed  # line ends before that place, not yet written
        self.pieces: list[str] = []

    def add(self, start: int, end: int, code: str) -> None:
        """Append *code*, which holds the line ends of the source from *start* to *end*."""
        self.pieces.append(self.line_ends(start) + code)
        self._at, self._owed = end, ""

    def skip(self, start: int, end: int) -> None:
        """Account for source from *start* to *end* that is written elsewhere, with its line ends."""
        self._owed = self.line_ends(start)
        self._at = end

    def line_ends(self, until: int) -> str:
        """Return the line ends of the source before *until* that are not yet written."""
        return self._owed + "\n" * len(LINE_END.findall(self._text, self._at, until))

    def following(self) -> "_Pieces":
        """Return an empty list that goes on where this one stops."""
        return _Pieces(self._text, self._at, self._owed)

    def joined(self) -> str:
        """Return the pieces as they stand in a list."""
        return ", ".join(self.pieces)


def _tag(name: Tree) -> str:
    """Return an element's type: text for an HTML, custom or namespaced name, else the component."""
    if name.type == "JSXIdentifier":
        intrinsic = "a" <= name.name[0] <= "z" and name.name != "this"
        return js_string(name.name) if intrinsic or "-" in name.name else str(name.name)
    if name.type == "JSXNamespacedName":
        return js_string(_attribute_name(name))
    holder = name.object
    start = holder.name if holder.type == "JSXIdentifier" else _tag(holder)
    return f"{start}.{name.property.name}"


def _attribute_name(name: Tree) -> str:
    return f"{name.namespace.name}:{name.name.name}" if name.type == "JSXNamespacedName" else str(name.name)


def _property_key(name: str) -> str:
    if name == "__proto__":
        return '["__proto__"]'  # without brackets it would set the prototype of the props
    return name if _PLAIN_KEY.fullmatch(name) else js_string(name)


def _has_key_after_spread(attributes: list[Tree]) -> bool:
    """Tell whether only `createElement` will do: the key of `jsx` can't override a spread's."""
    spread = False
    for attribute in attributes:
        if attribute.type == "JSXSpreadAttribute":
            spread = True
        elif spread and _attribute_name(attribute.name) == "key":
            return True
    return False
