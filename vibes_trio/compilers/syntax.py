"""Parsing with esprima: one module's tree, and what it imports and exports.

esprima is pure Python, takes ECMAScript 2026 with JSX and finds early errors (scopes, exports, regular
expressions). Two things are let through that its JSX parser refuses, since the common transforms take them
and machine-written apps hold them: a raw `>` or `}` in text, and a comma expression in braces.
"""

import re
from collections.abc import Iterator
from typing import Any

from esprima import version as ESPRIMA_VERSION  # type: ignore[import-untyped]
from esprima.error_handler import Error as EsprimaError  # type: ignore[import-untyped]
from esprima.esprima import parseModule  # type: ignore[import-untyped]
from esprima.jsx_nodes import (  # type: ignore[import-untyped]
    JSXExpressionContainer,
    JSXSpreadChild,
)
from esprima.jsx_parser import JSXParser, JSXToken, RawJSXToken  # type: ignore[import-untyped]
from esprima.nodes import Node  # type: ignore[import-untyped]
from esprima.validation import validate_program  # type: ignore[import-untyped]

from vibes_trio.errors import TransformFailed

Tree = Any  # esprima's nodes have no types: their members are those of ESTree.

__all__ = [
    "ESPRIMA_VERSION",
    "LINE_END",
    "Tree",
    "exports_default",
    "find_dynamic_imports",
    "find_imports",
    "parse_module",
    "walk",
]

LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_TEXT_END = re.compile(r"[{<]")
_LINE_PREFIX = re.compile(r"^Line \d+: ")
_OPTIONS = {"range": True, "positionEncoding": "scalar", "sourceType": "module"}


def parse_module(text: str, filename: str, *, jsx: bool) -> Tree:
    """Return the tree of the module *text*; each node has `range`, in characters.

    Raises:
        TransformFailed: no valid module, or nested too deeply for the parser.
    """
    try:
        return _parse_jsx(text) if jsx else parseModule(text, _OPTIONS)
    except EsprimaError as error:
        message = _LINE_PREFIX.sub("", str(error.message))
        raise TransformFailed(
            message, filename=filename, line=error.lineNumber or 0, column=error.column or 0
        ) from None
    except RecursionError:
        raise TransformFailed("the code is nested too deeply", filename=filename) from None


def walk(root: Tree) -> Iterator[Tree]:
    """Yield *root* and every node under it, in no particular order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        for value in vars(node).values():
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, list):
                waiting.extend(item for item in value if isinstance(item, Node))


def find_imports(program: Tree) -> list[str]:
    """Return the specifiers of static imports and exports-from, in order, with duplicates."""
    sources = (getattr(statement, "source", None) for statement in program.body)
    return [source.value for source in sources if source is not None]


def find_dynamic_imports(nodes: list[Tree]) -> list[str]:
    """Return the specifiers of `import("…")` among *nodes*, in order, with duplicates."""
    calls = sorted(
        (node for node in nodes if node.type == "ImportExpression"), key=lambda node: node.range[0]
    )
    return [text for call in calls if (text := _plain_text(call.source)) is not None]


def exports_default(program: Tree) -> bool:
    """Tell whether the module has a default export, in any of its spellings."""
    for statement in program.body:
        if statement.type == "ExportDefaultDeclaration":
            return True
        names = [getattr(statement, "exported", None)]
        names += [
            specifier.exported for specifier in getattr(statement, "specifiers", None) or () if specifier
        ]
        if any(name is not None and "default" in (name.name, name.value) for name in names):
            return True
    return False


def _plain_text(node: Tree) -> str | None:
    if node.type == "Literal" and isinstance(node.value, str):
        return node.value
    if node.type == "TemplateLiteral" and not node.expressions:
        text: str = node.quasis[0].value.cooked
        return text
    return None


def _parse_jsx(text: str) -> Tree:
    """Do what `esprima.parseModule` does, with our parser: it takes no other."""
    parser = _Parser(text, {**_OPTIONS, "jsx": True}, None)
    program = parser.parseModule()

    def report(message: str, node: Tree) -> None:
        # The same members that esprima's own facade reads.
        index = node._protoErrorStart or node._start or 0
        line = node._protoErrorLine or node._line or 1
        column = node._protoErrorColumn if node._protoErrorColumn is not None else node._column or 0
        raise parser.errorHandler.createError(index, line, column + 1, message)

    validate_program(program, report)
    return program


class _Parser(JSXParser):  # type: ignore[misc]  # esprima has no types
    """esprima's JSX parser with the three productions that we read more widely."""

    def nextJSXText(self) -> RawJSXToken:
        # The value is not needed: the emitter reads the source.
        scanner = self.scanner
        self._mark(self.startMarker)
        start: int = scanner.index
        found = _TEXT_END.search(scanner.source, start)
        scanner.index = found.start() if found else scanner.length
        for line_end in LINE_END.finditer(scanner.source, start, scanner.index):
            scanner.lineNumber += 1
            scanner.lineStart = line_end.end()
        self._mark(self.lastMarker)
        return RawJSXToken(
            JSXToken.Text, "", scanner.lineNumber, scanner.lineStart, start=start, end=scanner.index
        )

    def parseJSXExpressionAttribute(self) -> Tree:
        node = self.createJSXNode()
        self.expectJSX("{")
        self.finishJSX()
        if self.match("}"):
            self.tolerateError("JSX attributes must only be assigned a non-empty expression")
        expression = self.parseExpression()
        self.reenterJSX()
        return self.finalize(node, JSXExpressionContainer(expression))

    def parseJSXExpressionContainer(self) -> Tree:
        node = self.createJSXNode()
        self.expectJSX("{")
        if self.matchJSX("}"):
            empty = self.parseJSXEmptyExpression()
            self.expectJSX("}")
            return self.finalize(node, JSXExpressionContainer(empty))
        spread = self.matchJSX("...")
        if spread:
            self.expectJSX("...")
        self.finishJSX()
        expression = self.parseAssignmentExpression() if spread else self.parseExpression()
        self.reenterJSX()
        return self.finalize(node, (JSXSpreadChild if spread else JSXExpressionContainer)(expression))

    def _mark(self, marker: Tree) -> None:
        scanner = self.scanner
        marker.index, marker.line = scanner.index, scanner.lineNumber
        marker.column = scanner.index - scanner.lineStart
