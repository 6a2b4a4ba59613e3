"""What every compiler takes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from vibes_trio.compilers.bundles import Bundle, Material
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge, TransformFailed

Lang = Literal["jsx", "js", "ts", "tsx"]


@dataclass(frozen=True, slots=True)
class Source:
    """One module as its author wrote it.

    Attributes:
        filename: for messages only.
        classes: what its classes mean, see `tool_settings.read_class_settings`; only esbuild knows of it.
    """

    filename: str
    lang: Lang
    text: str
    classes: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One module as the browser gets it.

    Attributes:
        code: an ES module. For `js` the text as it came.
        imports: specifiers of *code*'s static imports and exports-from, in order, each once.
        dynamic_imports: specifiers of `import("…")` with a plain string, in order, each once.
        has_default: whether *code* exports a default.
    """

    code: str
    imports: tuple[str, ...]
    dynamic_imports: tuple[str, ...]
    has_default: bool


class Compiler(Protocol):
    """An engine. `compile` may be called by any number of tasks at once; the engine bounds the work."""

    @property
    def version(self) -> str:
        """Engine, its version and whatever else decides the output: part of every cache key."""
        ...

    @property
    def can_bundle(self) -> bool:
        """Whether `bundle` works: whether this is esbuild."""
        ...

    async def bundle(
        self, entries: Sequence[tuple[str, str]], flags: Sequence[str], material: Material, user: str = ""
    ) -> Bundle:
        """Return what becomes of *entries* (the name of the file to be made, the path of its source) and all that
        they import.

        Raises:
            TransformFailed: out of time or memory, or it can't bundle. What is wrong with sources is in the result.
        """
        ...

    async def compile(self, source: Source, user: str = "") -> Compiled:
        """Return *source* as a browser module with its imports. Users take turns: *user* is whose it is.

        Raises:
            Overloaded: too much waits to be compiled.
            TransformFailed: not valid, or out of time or memory; line and column count from 1, 0 is unknown.
            TooLarge: more than `limits.max_source_bytes`.
        """
        ...


def encode_source(source: Source, limits: Limits) -> bytes:
    """Return the text as UTF-8.

    Raises:
        TransformFailed: half a surrogate pair stands alone in the text.
        TooLarge: more than `limits.max_source_bytes`.
    """
    try:
        data = source.text.encode()
    except UnicodeEncodeError as error:
        before = source.text[: error.start]
        line, column = before.count("\n") + 1, error.start - before.rfind("\n")
        message = "half of a surrogate pair stands alone, which no UTF-8 text can hold"
        raise TransformFailed(message, filename=source.filename, line=line, column=column) from error
    if len(data) > limits.max_source_bytes:
        raise too_large_source(source.filename, len(data), limits)
    return data


def too_large_source(filename: str, size: int, limits: Limits) -> TooLarge:
    """Return the refusal of a source of *size* bytes."""
    most = limits.max_source_bytes
    return TooLarge(
        f"{filename}: {size} bytes; a source may have {most}.", limit="max_source_bytes", value=most
    )
