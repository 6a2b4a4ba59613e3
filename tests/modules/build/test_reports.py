"""esbuild's answers to builds: the same whether read here or beside, and nobody waits for a long one."""

import gc
import json
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
import trio
import trio.lowlevel
from fake_registry import require_tool
from loop_watch import LoopWatch, busyness

from vibes_trio.collector import THRESHOLDS
from vibes_trio.compilers.esbuild_packets import BadPacket, encode_answer
from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.fence import fence_of
from vibes_trio.modules.build.reports import Report, forget, read_answer
from vibes_trio.modules.build.run import bundle_files

LIMITS = Limits()
BESIDE = replace(LIMITS, report_here_bytes=0)
HELD_S = 0.005
MiB = 1024 * 1024


def metafile(files: int, imports: int, exports: int) -> bytes:
    """Return a report on *files*, one of which imports *imports*, and exports as many as *exports*."""
    many = [
        {"path": f"<runtime-{n}>", "kind": "import-statement", "original": f"./{n}"} for n in range(imports)
    ]
    inputs = {f"pkg/file-{n}.js": {"bytes": 1, "imports": [], "format": "esm"} for n in range(files)}
    inputs["pkg/x.js"] = {"bytes": 1, "imports": many, "format": "cjs"}
    output = {
        "imports": many,
        "exports": [f"name{n}" for n in range(exports)],
        "entryPoint": "pkg/x.js",
        "cssBundle": "out.css",
        "inputs": {path: {"bytesInOutput": 1} for path in inputs},
        "bytes": 1,
    }
    return json.dumps({"inputs": inputs, "outputs": {"out.js": output}}).encode()


def answer(told: bytes, errors=(), warnings=()) -> bytearray:
    """Return the packet with which the service ends a build, as it is received."""
    return bytearray(encode_answer(0, {"errors": list(errors), "warnings": list(warnings), "metafile": told}))


@pytest.mark.parametrize("counts", [(0, 0, 0), (3, 2, 1), (450, 1000, 401)])
async def test_report_that_is_read_beside_says_the_same(counts):
    place = {"file": "x.js", "line": 1, "column": 2, "lineText": "x"}
    message = {"text": "it is odd", "location": place}
    frame = answer(metafile(*counts), [message], [message, {"text": "no place", "location": None}])

    here = await read_answer(bytes(frame), replace(LIMITS, report_here_bytes=MiB))
    beside = await read_answer(frame, BESIDE)

    assert beside == here
    assert list(here.report.inputs)[-1] == "pkg/x.js"
    assert [message.text for message in here.said.warnings] == ["it is odd", "no place"]


@pytest.fixture
def settled() -> Iterator[None]:
    """The collector of garbage goes about as in a server."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


async def test_report_of_20_mb_holds_the_loop_for_no_time(settled):
    """With `report_here_bytes` above its size it is held for a second: the whole is taken apart at once."""
    frame = answer(metafile(60_000, 90_000, 60_000))
    assert len(frame) > 20 * MiB
    watch = LoopWatch(lambda: 0)
    trio.lowlevel.add_instrument(watch)
    try:
        await trio.lowlevel.checkpoint()
        watch.restart()
        await trio.lowlevel.checkpoint()
        read = await read_answer(frame, LIMITS)
        files = len(read.report.inputs)
        await forget(read.report)
        await trio.lowlevel.checkpoint()
    finally:
        trio.lowlevel.remove_instrument(watch)

    assert files == 60_001
    assert read.report == Report({}, {})
    print(f"{watch.longest_s * 1000:.1f} ms, x{busyness():.1f}")
    assert watch.longest_s <= HELD_S * busyness()


async def test_long_report_of_esbuild_itself_is_read(tmp_path):
    many = "".join(f"export const name{n} = {n};\n" for n in range(30_000))
    (tmp_path / "x.js").write_text(many)

    report = await bundle_files(
        require_tool(),
        [str(tmp_path / "x.js")],
        ("--bundle", "--format=esm", "--outfile=out.js"),
        tmp_path,
        Limits(),
        fence_of(tmp_path),
    )

    assert len(report.outputs["out.js"].exports) == 30_000


async def test_name_that_is_too_long_is_refused():
    told = {"inputs": {"x" * 2 * MiB: {"imports": []}}, "outputs": {}}

    with pytest.raises(ModuleFailed, match="names in what is to be known of it have more than"):
        await read_answer(answer(msgspec.json.encode(told)), LIMITS)


async def test_process_that_dies_is_told_of():
    with pytest.raises(ModuleFailed, match="takes too much memory"):
        await read_answer(answer(metafile(5000, 5000, 5000)), replace(BESIDE, report_memory_bytes=1 * MiB))


@pytest.mark.parametrize("limits", [LIMITS, BESIDE], ids=["here", "beside"])
@pytest.mark.parametrize("told", [b"{", b'{"inputs": 1}'])
async def test_nonsense_is_told_of(limits, told):
    with pytest.raises((BadPacket, ModuleFailed)):
        await read_answer(answer(told), limits)
