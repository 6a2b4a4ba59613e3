"""Building many sources into few browser files: what is asked of esbuild's service, and what it asks back.

The service has a plugin of ours that takes every path and every file, so it reads no disk: what is imported is
looked for by `Material.find`, and its text comes from `Material.load`, both over the pipe. A path that neither knows
is an error of the build. (esbuild by itself would read what `import(`./${x}`)` may mean from the disk; without a
folder that a file lies in, which we never name, it does not.)

Source: cmd/esbuild/service.go and lib/shared/common.ts in esbuild 0.28.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import msgspec

from vibes_trio.compilers.esbuild_packets import BadPacket, Value, decode_packet, encode_answer, is_answer

_PLUGIN = "app"
_FIND, _LOAD = 0, 1
_NO_DETAIL = 0xFFFFFFFF
OUT_FOLDER = "/out/"
_OUTPUTS = b'\n  "outputs": {'
_STEP_PROBLEMS = 100
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """An import that the service met.

    Attributes:
        path: as written.
        importer, namespace: the file that has it, as `Found` named it; both empty for an entry.
        kind: `entry-point`, `import-statement`, `require-call`, `dynamic-import`, `require-resolve`,
            `import-rule`, `composes-from` or `url-token`.
        attributes: what follows `with`.
    """

    path: str
    importer: str
    namespace: str
    kind: str
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Found(msgspec.Struct, frozen=True):
    """Where an import leads: to a file of *namespace*, or out of the build (*external*); or why nowhere (*error*)."""

    path: str = ""
    namespace: str = ""
    external: bool = False
    side_effects: bool = True
    error: str = ""


class Loaded(msgspec.Struct, frozen=True):
    """The text of a file and what to read it as (`jsx`, `ts`, `css`, `json`, …); or why there is none (*error*)."""

    content: bytes = b""
    loader: str = "jsx"
    error: str = ""


class Material(Protocol):
    """What a build is made of. Both are called for each import, so they are quick; they raise nothing."""

    def find(self, asked: Asked) -> Found:
        """Return where *asked* leads."""
        ...

    def load(self, namespace: str, path: str) -> Loaded:
        """Return the file that `find` named so."""
        ...


class Problem(msgspec.Struct, frozen=True):
    """What the service says of a file. *file* is `{namespace}:{path}`; line and column count from 1, 0: unknown."""

    text: str
    id: str = ""
    file: str = ""
    line: int = 0
    column: int = 0


class OutputImport(msgspec.Struct, frozen=True):
    """What a file that was made imports: another one, or what was *external*."""

    path: str
    kind: str = ""
    external: bool = False


class OutputFacts(msgspec.Struct, frozen=True, rename="camel"):
    """What the service's metafile says of a file that was made; *entry_point* is `{namespace}:{path}`."""

    imports: tuple[OutputImport, ...] = ()
    exports: tuple[str, ...] = ()
    entry_point: str = ""


class Bundle(msgspec.Struct, frozen=True):
    """What came of a build. With *errors* there is nothing else."""

    files: Mapping[str, bytes]
    facts: Mapping[str, OutputFacts]
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def build_request(key: int, entries: Sequence[tuple[str, str]], flags: Sequence[str]) -> Mapping[str, Value]:
    """Return what asks the service for a build of *entries*: name of the file to be made, path of its source."""
    plugin: dict[str, Value] = {
        "name": _PLUGIN,
        "onStart": False,
        "onEnd": False,
        "onResolve": [{"id": _FIND, "filter": ".", "namespace": ""}],
        "onLoad": [{"id": _LOAD, "filter": ".", "namespace": ""}],
    }
    return {
        "command": "build",
        "key": key,
        "entries": [[name, path] for name, path in entries],
        "flags": ["--bundle", f"--outdir={OUT_FOLDER}", "--metafile", *flags],
        "write": False,
        "stdinContents": None,
        "stdinResolveDir": None,
        "absWorkingDir": "/",
        "nodePaths": [],
        "context": False,
        "plugins": [plugin],
    }


def answer_service(frame: bytes, material: Material) -> bytes | None:
    """Return what to answer to *frame* when the service asks for something; None: it is the end of the build.

    Raises:
        BadPacket: the service asks for what we do not know.
    """
    if is_answer(frame):
        return None
    number, _, value = decode_packet(frame)
    request = _as_request(value)
    if request.command == "on-start":
        return encode_answer(number, {"errors": [], "warnings": []})
    if request.command == "on-resolve":
        asked = Asked(request.path, request.importer, request.namespace, request.kind, request.attributes)
        return encode_answer(number, _tell_found(material.find(asked)))
    if request.command == "on-load":
        return encode_answer(number, _tell_loaded(material.load(request.namespace, request.path)))
    raise BadPacket(f"the service asks for {request.command}")


def read_bundle(value: Value) -> Generator[None, None, Bundle]:
    """Return what the service's answer says.

    Raises:
        BadPacket: it is none.
    """
    try:
        answer = _take_members(value)
        del value  # what is read of it goes at once: all together would take milliseconds
        meta = _decode_outputs(answer.metafile)
        yield
        errors = yield from _problems(answer.errors)
        warnings = yield from _problems(answer.warnings)
        files = {}
        for given in answer.output_files:
            file = msgspec.convert(given, _File)
            files[file.path.removeprefix(OUT_FOLDER)] = file.contents
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadPacket(f"the service's answer can't be read: {error}") from error
    if answer.error:
        errors.append(Problem(answer.error))
    folder = OUT_FOLDER.lstrip("/")
    facts = {path.removeprefix(folder): facts for path, facts in meta.outputs.items()}
    return Bundle(files=files, facts=facts, errors=tuple(errors), warnings=tuple(warnings))


class _Answer(msgspec.Struct, frozen=True):
    """The members of an answer as they came: msgspec would copy all that is in them at once."""

    errors: list[object]
    warnings: list[object]
    output_files: list[object]
    metafile: object
    error: str


def _take_members(value: Value) -> _Answer:
    if not isinstance(value, Mapping):
        raise BadPacket("the service's answer is none")
    errors, warnings, files = (value.get(name, []) for name in ("errors", "warnings", "outputFiles"))
    if not (isinstance(errors, list) and isinstance(warnings, list) and isinstance(files, list)):
        raise BadPacket("the service's answer is none")
    return _Answer(
        errors, warnings, files, value.get("metafile", b""), msgspec.convert(value.get("error", ""), str)
    )


def _decode_outputs(metafile: object) -> "_Metafile":
    """Return what *metafile* says of outputs. Of the inputs, which many imports make long, nothing is looked at.

    As esbuild prints it, outputs stand behind the inputs, and no text in JSON holds a line's end.
    """
    if not isinstance(metafile, bytes | bytearray | memoryview):
        raise BadPacket("the service's report is none")
    if not metafile:
        return _Metafile()
    size = _TAIL_BYTES
    while size < len(metafile):
        tail = bytes(metafile[-size:])
        start = tail.rfind(_OUTPUTS)
        if start >= 0:
            return _decoder.decode(b"{" + tail[start:])
        size *= 4
    return _decoder.decode(metafile)


def _problems(messages: list[object]) -> Generator[None, None, list[Problem]]:
    """Return what *messages* say, which is empty then."""
    problems: list[Problem] = []
    messages.reverse()
    while messages:
        problems.append(_problem(msgspec.convert(messages.pop(), _Message)))
        if len(problems) % _STEP_PROBLEMS == 0:
            yield
    return problems


# -- what is said over the pipe ---------------------------------------------------------------------------


class _Request(msgspec.Struct, frozen=True):
    command: str
    path: str = ""
    importer: str = ""
    namespace: str = ""
    kind: str = ""
    attributes: dict[str, str] = msgspec.field(default_factory=dict, name="with")


class _Location(msgspec.Struct, frozen=True, rename="camel"):
    file: str
    line: int
    column: int  # bytes before it in the line
    line_text: str


class _Message(msgspec.Struct, frozen=True):
    text: str
    id: str = ""
    location: _Location | None = None


class _File(msgspec.Struct, frozen=True):
    path: str
    contents: bytes


class _Metafile(msgspec.Struct, frozen=True):
    outputs: dict[str, OutputFacts] = {}


_decoder = msgspec.json.Decoder(_Metafile)


def _as_request(value: Value) -> _Request:
    try:
        return msgspec.convert(value, _Request)
    except msgspec.ValidationError as error:
        raise BadPacket(f"the service's request can't be read: {error}") from error


def _tell_found(found: Found) -> Mapping[str, Value]:
    if found.error:
        return {"id": _FIND, "errors": [_tell_error(found.error)]}
    said: dict[str, Value] = {"id": _FIND, "path": found.path, "external": found.external}
    if not found.external:
        said["namespace"] = found.namespace
    if not found.side_effects:
        said["sideEffects"] = False
    return said


def _tell_loaded(loaded: Loaded) -> Mapping[str, Value]:
    if loaded.error:
        return {"id": _LOAD, "errors": [_tell_error(loaded.error)]}
    return {"id": _LOAD, "contents": loaded.content, "loader": loaded.loader}


def _tell_error(text: str) -> Mapping[str, Value]:
    return {
        "id": "",
        "pluginName": _PLUGIN,
        "text": text,
        "location": None,
        "notes": [],
        "detail": _NO_DETAIL,
    }


def _problem(message: _Message) -> Problem:
    place = message.location
    if place is None:
        return Problem(message.text, message.id)
    before = place.line_text.encode()[: place.column].decode(errors="ignore")
    return Problem(message.text, message.id, place.file, place.line, len(before) + 1)
