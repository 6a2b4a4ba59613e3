"""What is asked of esbuild's service to bundle, and what it asks back."""

import gc
import json

import pytest
import trio
import trio.lowlevel
from loop_watch import LoopWatch, busyness

from vibes_trio.compilers.bundles import (
    Asked,
    Bundle,
    Found,
    Loaded,
    Problem,
    answer_service,
    build_request,
    read_bundle,
)
from vibes_trio.compilers.choose import find_version
from vibes_trio.compilers.esbuild import open_esbuild, unpack_bundle
from vibes_trio.compilers.esbuild_packets import BadPacket, decode_answer, encode_answer, encode_request
from vibes_trio.compilers.esprima_engine import open_esprima
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed
from vibes_trio.steps import run_in_turns, run_through

FLAGS = ("--format=esm", "--tsconfig-raw={}", "--log-level=silent", "--log-limit=0")
MiB = 1024 * 1024


class Files:
    """A few files; what is asked for is kept."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.asked: list[Asked] = []

    def find(self, asked: Asked) -> Found:
        self.asked.append(asked)
        if asked.path.startswith("x"):
            return Found(asked.path, external=True)
        if asked.path not in self.files:
            return Found(error=f"no {asked.path}")
        return Found(asked.path, "app", side_effects=not asked.path.startswith("pure"))

    def load(self, namespace: str, path: str) -> Loaded:
        assert namespace == "app"
        text = self.files[path]
        return Loaded(text.encode(), "js") if text != "bad" else Loaded(error="it is bad")


@pytest.fixture
async def esbuild(esbuild_binary):
    version = await find_version(esbuild_binary, Limits())
    assert version is not None
    async with open_esbuild(esbuild_binary, version, Limits()) as compiler:
        yield compiler


async def test_files_come_from_memory_and_what_is_external_stays(esbuild):
    files = Files(
        {"main": 'import "a"; import x from "x"; import "pure"; y(x);', "a": "a();", "pure": "p();"}
    )

    bundle = await esbuild.bundle([("out", "main")], FLAGS, files)

    assert bundle.files["out.js"].decode().count("a();") == 1
    assert b"p();" not in bundle.files["out.js"]
    assert bundle.facts["out.js"].entry_point == "app:main"
    assert [(i.path, i.external) for i in bundle.facts["out.js"].imports] == [("x", True)]
    assert [(a.path, a.importer, a.kind) for a in files.asked][:2] == [
        ("main", "", "entry-point"),
        ("a", "main", "import-statement"),
    ]


async def test_attributes_are_told(esbuild):
    files = Files({"main": 'import a from "a" with { type: "json" }; b(a)', "a": "export default 1"})

    await esbuild.bundle([("out", "main")], FLAGS, files)

    assert files.asked[1].attributes == {"type": "json"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('\nimport "ä"; import "none"', Problem("no none", "", "app:main", 2, 20)),
        ('import "b"', Problem("it is bad", "", "app:main", 1, 8)),
    ],
)
async def test_what_is_not_found_or_not_loaded_is_an_error_with_its_place(esbuild, text, problem):
    bundle = await esbuild.bundle([("out", "main")], FLAGS, Files({"main": text, "b": "bad", "ä": ""}))

    assert bundle.errors == (problem,)
    assert bundle.files == {}


async def test_the_same_process_bundles_and_compiles_again_and_again(esbuild):
    for number in range(3):
        bundle = await esbuild.bundle([("out", "main")], FLAGS, Files({"main": f"a({number});"}))

        assert f"a({number});" in bundle.files["out.js"].decode()


async def test_an_unknown_flag_is_an_error(esbuild):
    bundle = await esbuild.bundle([("out", "main")], ("--no-such-flag",), Files({"main": ""}))

    assert "--no-such-flag" in bundle.errors[0].text


async def test_a_result_that_is_too_long_is_refused(esbuild_binary):
    version = await find_version(esbuild_binary, Limits())
    assert version is not None

    async with open_esbuild(esbuild_binary, version, Limits(max_bundle_bytes=500)) as compiler:
        with pytest.raises(TransformFailed, match="longer than 500 bytes"):
            await compiler.bundle([("out", "main")], FLAGS, Files({"main": f"a('{'b' * 1000}');"}))


async def test_without_esbuild_nothing_is_bundled():
    async with open_esprima(Limits()) as compiler:
        assert not compiler.can_bundle
        with pytest.raises(TransformFailed, match="needs esbuild"):
            await compiler.bundle([("out", "main")], FLAGS, Files({}))


def test_the_end_of_a_build_gets_no_answer():
    assert answer_service(encode_answer(3, {}), Files({})) is None


def test_the_start_of_a_build_is_agreed_to():
    answer = answer_service(encode_request(3, {"command": "on-start"}), Files({}))

    assert answer is not None
    assert decode_answer(answer) == (3, {"errors": [], "warnings": []})


@pytest.mark.parametrize("value", [{"command": "on-end"}, {"command": 1}, "text", None])
def test_a_request_that_is_not_known_is_refused(value):
    with pytest.raises(BadPacket):
        answer_service(encode_request(3, value), Files({}))


@pytest.mark.parametrize("value", ["text", {"errors": 1}, {"metafile": b"{"}, {"outputFiles": [{}]}])
def test_an_answer_that_cant_be_read_is_refused(value):
    with pytest.raises(BadPacket):
        run_through(read_bundle(value))


def test_an_error_of_the_service_itself_is_one_of_the_build():
    assert run_through(read_bundle({"error": "broken"})) == Bundle({}, {}, (Problem("broken"),))


def long_answer() -> bytearray:
    """Return an answer of 20 MB, as it is received: a tenth is code, the rest is said of a hostile app."""
    imports = [{"path": f"app:/{n}.js", "kind": "import-statement", "original": f"./{n}"} for n in range(500)]
    inputs = {f"app:/{n}.js": {"bytes": 1, "imports": imports} for n in range(260)}
    outputs = {"out/x.js": {"imports": [], "exports": ["a"], "entryPoint": "app:/0.js", "inputs": {}}}
    told = json.dumps({"inputs": inputs, "outputs": outputs}, indent=2).encode()
    place = {"file": "app:/x.js", "line": 1, "column": 2, "length": 1, "lineText": "x" * 100}
    warning = {"id": "odd", "text": "it is odd", "location": {**place, "namespace": "app"}, "notes": []}
    said = {
        "errors": [],
        "warnings": [warning] * 12_000,
        "outputFiles": [{"path": f"/out/{n}.js", "contents": b"x" * MiB, "hash": ""} for n in range(2)],
        "metafile": told,
    }
    return bytearray(encode_answer(1, said))


async def test_a_long_answer_holds_the_loop_for_no_time():
    """Unpacked at once, by `decode_answer` and `run_through`, it takes 150 ms."""
    frame = long_answer()
    assert len(frame) > 20 * MiB
    watch = LoopWatch(lambda: 0)
    gc.collect()
    gc.disable()
    trio.lowlevel.add_instrument(watch)
    try:
        await trio.lowlevel.checkpoint()
        watch.restart()
        await trio.lowlevel.checkpoint()
        bundle = await run_in_turns(unpack_bundle(frame))
        await trio.lowlevel.checkpoint()
    finally:
        trio.lowlevel.remove_instrument(watch)
        gc.enable()

    print(f"{watch.longest_s * 1000:.1f} ms, x{busyness():.1f}, {len(frame)}")
    assert len(bundle.warnings) == 12_000
    assert bundle.files == {f"{n}.js": b"x" * MiB for n in range(2)}
    assert bundle.facts["x.js"].entry_point == "app:/0.js"
    assert watch.longest_s <= 0.005 * busyness()


def test_a_report_that_is_printed_otherwise_is_read_whole():
    told = b'{"outputs":{"out/x.js":{"entryPoint":"app:x"}},"inputs":{}}'

    assert run_through(read_bundle({"metafile": told})).facts["x.js"].entry_point == "app:x"


@pytest.mark.parametrize("cut", [1, 4, 20, 60])
def test_an_answer_that_is_cut_short_is_refused(cut):
    frame = encode_answer(1, {"errors": [{"text": "x"}], "warnings": [], "metafile": b"{}"})

    with pytest.raises(BadPacket):
        run_through(unpack_bundle(frame[:-cut]))
    with pytest.raises(BadPacket):
        run_through(unpack_bundle(frame + b"x"))


def test_a_request_names_its_entries_and_no_folder_of_the_disk():
    request = build_request(1, [("out", "main")], ["--x"])

    assert request["entries"] == [["out", "main"]]
    assert request["absWorkingDir"] == "/"
    assert request["write"] is False
