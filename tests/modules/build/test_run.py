"""Running esbuild on packages: what it may read, how much memory and time it may take.

The fence is seen at work by pipes with a name: nobody writes to them, so whoever opened one would hang until it
is killed, which the bound on time makes a failure with other words.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from fake_registry import require_tool

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.fence import Fence, fence_of, measure
from vibes_trio.modules.build.run import bundle_files, print_file
from vibes_trio.modules.registry.toolchain import Tool, open_turns

SECRET = "a-secret-of-this-server"
LIMITS = Limits(build_timeout_s=20.0)
FLAGS = ("--bundle", "--format=esm", "--outfile=out.js", "--loader:.png=dataurl")
MiB = 1024 * 1024


@pytest.fixture
def tool() -> Tool:
    return require_tool()


@pytest.fixture
def inside(tmp_path) -> Path:
    """A folder deep in the one that holds secrets; each secret is there as a file and as a pipe."""
    for name in ("keys.json", "secret.css", "x.png", "data/x.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        os.mkfifo(tmp_path / name)
    (tmp_path / "package.json").write_text(f'{{"name": "{SECRET}", "main": "keys.json"}}')
    folder = tmp_path / "work" / "1" / "node_modules" / "pkg"
    folder.mkdir(parents=True)
    return folder


async def bundle(tool: Tool, folder: Path, files: dict[str, str], limits=LIMITS, fence: Fence | None = None):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    start = folder / next(iter(files))
    return await bundle_files(tool, [str(start)], FLAGS, folder, limits, fence or fence_of(folder))


REACHES_OUT: dict[str, dict[str, str]] = {
    "an absolute path": {"x.js": "import '{out}/keys.json'"},
    "a device without end": {"x.js": "import x from '/dev/zero'; export default x"},
    "an absolute path with a type": {"x.js": "import x from '{out}/keys.json' with {type: 'text'}; x()"},
    "an absolute path with escapes": {"x.js": "import '\\x2fdev\\u002fzero'"},
    "an absolute path with a query": {"x.js": "import '{out}/keys.json?x#y'"},
    "an absolute path in data": {"x.js": "import 'data:text/javascript,import \"{out}/keys.json\"'"},
    "an absolute path that is required": {"x.js": "try { require('{out}/keys.json') } catch {}"},
    "an absolute path that is loaded late": {"x.js": "export default () => import('{out}/keys.json')"},
    "an address of a file": {"x.js": "import 'file://{out}/keys.json'"},
    "a path that starts inside": {"x.js": "import '{in}/../../../../keys.json'"},
    "steps up": {"x.js": "import '../../../../keys.json'"},
    "steps up behind a step down": {"x.js": "import './a/../../../../../keys.json'"},
    "steps up to a folder with a manifest": {"x.js": "import '../../../..'"},
    "steps up in a template": {"x.js": "export default (x) => import(`../../../../data/${x}.json`)"},
    "steps up in a sum": {"x.js": "exports.f = (x) => require('../../../../data/' + x)"},
    "steps up in a sum with escapes": {"x.js": "exports.f = (x) => require('\\x2e./../../../data/' + x)"},
    "a name of a package": {"x.js": "import 'pkg/../../../../../keys.json'"},
    "a style sheet": {"x.css": "@import '{out}/secret.css';"},
    "a style sheet with steps up": {"x.css": "@import '../../../../secret.css';"},
    "a style sheet by address": {"x.css": "@import url(file://{out}/secret.css);"},
    "a picture": {"x.css": "a { background: url({out}/x.png) }"},
    "a picture with steps up": {"x.css": "a { background: url(../../../../x.png) }"},
    "a rule from elsewhere": {"x.js": "import './x.module.css'",
                              "x.module.css": ".a { composes: b from '{out}/secret.css' }"},
    "the main file of a folder": {"x.js": "import './dep'", "dep/package.json": '{"main": "../../../../../keys.json"}'},
    "the main file of a package": {"x.js": "import 'dep'",
                                   "node_modules/dep/package.json": '{"main": "{out}/keys.json"}'},
    "the module of a package": {"x.js": "import 'dep'",
                                "node_modules/dep/package.json": '{"module": "../../../../../../keys.json"}'},
    "the browser field": {"x.js": "import './a.js'", "a.js": "",
                          "package.json": '{"browser": {"./a.js": "../../../../keys.json"}}'},
    "the browser field of a package": {"x.js": "import 'dep'",
                                       "package.json": '{"browser": {"dep": "{out}/keys.json"}}'},
    "the exports of a package": {"x.js": "import 'dep'",
                                 "node_modules/dep/package.json": '{"exports": "./../../../../../../keys.json"}'},
    "exports by a pattern": {"x.js": "import 'dep/../../../../../../keys'",
                             "node_modules/dep/package.json": '{"exports": {"./*": "./*.json"}}'},
    "an import map": {"x.js": "import '#x'", "package.json": '{"imports": {"#x": "../../../../keys.json"}}'},
    "an import map that is absolute": {"x.js": "import '#x'", "package.json": '{"imports": {"#x": "{out}/keys.json"}}'},
}  # fmt: skip


@pytest.mark.parametrize("kind", REACHES_OUT)
async def test_what_lies_outside_is_refused_before_it_is_read(tmp_path, tool, inside, kind):
    """Without the plugin that `_plugin` makes, each of them opens what it names and hangs."""
    places = {"{out}": str(tmp_path), "{in}": str(inside)}
    files = REACHES_OUT[kind]
    for place, value in places.items():
        files = {name: text.replace(place, value) for name, text in files.items()}

    with pytest.raises(ModuleFailed) as caught:
        await bundle(tool, inside, files)

    assert SECRET not in str(caught.value)
    assert "took more than" not in str(caught.value)
    assert "gave up" not in str(caught.value)
    assert not (inside / "out.js").exists()


async def test_a_link_that_leads_out_is_not_followed(tmp_path, tool, inside):
    """Archives with links are refused already; this is for what a disk may hold all the same."""
    (inside / "linked").symlink_to(tmp_path)
    (inside / "keys.json").symlink_to(tmp_path / "keys.json")

    for specifier in ("./linked/keys.json", "./keys.json"):
        with pytest.raises(ModuleFailed, match="of no package"):
            await bundle(tool, inside, {"x.js": f"import '{specifier}'"})


READ_BY_NOBODY = {
    "a map of sources": {"x.js": "export default 1\n//# sourceMappingURL=../../../../keys.json"},
    "an absolute map of sources": {"x.js": "export default 1\n//# sourceMappingURL={out}/keys.json"},
    "settings of TypeScript": {
        "x.ts": "export default 1",
        "tsconfig.json": '{"extends": "{out}/keys.json", "compilerOptions": {"paths": {"*": ["{out}/*"]}}}',
    },
    "settings of TypeScript above": {"sub/x.ts": "export default 1",
                                     "tsconfig.json": '{"extends": "../../../../keys"}'},
    "an absolute path in a template": {"x.js": "export default (x) => import(`{out}/${x}.json`)"},
    "an address beside the module": {"x.js": "export default new URL('../../../../keys.json', import.meta.url)"},
}  # fmt: skip


@pytest.mark.parametrize("kind", READ_BY_NOBODY)
async def test_what_only_names_a_file_outside_is_built_without_it(tmp_path, tool, inside, kind):
    files = {name: text.replace("{out}", str(tmp_path)) for name, text in READ_BY_NOBODY[kind].items()}

    await bundle(tool, inside, files)

    assert (inside / "out.js").exists()


async def test_what_lies_inside_is_read_however_it_is_named(tool, inside):
    """The patterns are spelt out letter by letter: names that differ in one letter, or none, are told apart."""
    files = {
        "x.js": "import './a/../b.js'; import '../pkg/b.js'; import '../../node_modules/pkg/c é (1).js';"
        f"import '{inside}/d.js'; import './e.js?x=1'; import 'dep'; export default 1",
        "b.js": "1", "c é (1).js": "1", "d.js": "1", "e.js": "1",
        "node_modules/dep/package.json": '{"main": "../dep/lib"}', "node_modules/dep/lib/index.js": "1",
        "a/none.js": "",
    }  # fmt: skip

    report = await bundle(tool, inside, files, fence=fence_of(inside.parents[1]))

    read = {path.rpartition("/")[2].partition("?")[0] for path in report.inputs}
    assert read == {"x.js", "b.js", "c é (1).js", "d.js", "e.js", "index.js"}


async def test_a_folder_beside_whose_name_goes_on_is_outside(tool, inside):
    (inside.with_name("pkg2")).mkdir()
    (inside.with_name("pkg2") / "y.js").write_text("1")

    with pytest.raises(ModuleFailed, match="of no package"):
        await bundle(tool, inside, {"x.js": "import '../pkg2/y.js'"})


async def test_a_huge_file_is_refused_before_it_is_read(tool, inside):
    """Without `Fence.huge`, the bound on memory has to stop it, after it has been read."""
    limits = replace(LIMITS, package_source_bytes=1000)
    (inside / "huge.js").write_text("x" * 1001)
    fence = replace(fence_of(inside), huge=measure(inside, limits))

    with pytest.raises(ModuleFailed, match=r"huge\.js has 1001 bytes.*package_source_bytes"):
        await bundle(tool, inside, {"x.js": "import './huge.js'"}, limits, fence)
    with pytest.raises(ModuleFailed, match=r"huge\.js has 1001 bytes"):
        await print_file(tool, inside / "huge.js", (), limits)
    report = await bundle(tool, inside, {"x.js": "export default 1"}, limits, fence)
    assert list(report.inputs) == ["x.js"]


def test_files_of_a_tree_are_bounded_together(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("x", "a/y"):
        (tmp_path / name).write_text("x" * 600)

    assert measure(tmp_path, Limits(tree_bytes=1200)) == {}
    with pytest.raises(ModuleFailed, match="more than 1199 bytes together"):
        measure(tmp_path, Limits(tree_bytes=1199))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a parent bound a running child")
async def test_source_that_needs_too_much_memory_fails_and_is_told(tool, inside):
    """Without `Bounds.memory_bytes` it takes half a gigabyte, and is built."""
    limits = replace(LIMITS, build_memory_bytes=100 * MiB, build_places_most=2)

    with pytest.raises(ModuleFailed, match=f"more than {200 * MiB} bytes of memory"):
        await bundle(tool, inside, {"x.js": f"x=[{'1,' * 4_000_000}1]"}, limits)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a parent bound a running child")
async def test_source_that_needs_more_memory_than_most_gets_the_room_of_several(tool, inside):
    limits = replace(LIMITS, build_memory_bytes=200 * MiB, build_places_most=3)

    assert await bundle(tool, inside, {"x.js": f"x=[{'1,' * 4_000_000}1]"}, limits)


def fake_tool(folder: Path, script: str) -> Tool:
    program = folder / "esbuild"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Tool(program, "fake")


def is_running(folder: Path) -> bool:
    try:
        os.kill(int((folder / "pid").read_text()), 0)
    except ProcessLookupError:
        return False
    return True


async def test_esbuild_that_takes_too_long_is_killed(tmp_path):
    tool = fake_tool(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")

    with pytest.raises(ModuleFailed, match=r"more than 0\.5 s"):
        await bundle(tool, tmp_path, {"x.js": ""}, Limits(build_timeout_s=0.5))

    assert not is_running(tmp_path)


async def test_cancelled_build_leaves_no_process_and_keeps_no_place(tmp_path):
    tool = fake_tool(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    limits = Limits(build_places=1, build_places_most=1, build_timeout_s=0.5)
    tool = replace(tool, turns=open_turns(limits))

    with trio.move_on_after(0.3):
        await bundle(tool, tmp_path, {"x.js": ""}, limits)

    assert not is_running(tmp_path)
    with pytest.raises(ModuleFailed, match=r"more than 0\.5 s"):
        await bundle(tool, tmp_path, {"x.js": ""}, limits)


async def test_esbuild_that_fails_silently_is_reported(tmp_path):
    with pytest.raises(ModuleFailed, match="does not work"):
        await bundle(fake_tool(tmp_path, "exit 3"), tmp_path, {"x.js": ""})


async def test_binary_that_is_gone_is_reported(tmp_path):
    with pytest.raises(ModuleFailed, match="can't be started"):
        await bundle(Tool(tmp_path / "gone", "x"), tmp_path, {"x.js": ""})


async def test_too_many_that_wait_are_told_so(tmp_path):
    limits = Limits(builds_waiting=0)
    tool = replace(fake_tool(tmp_path, "exec sleep 60"), turns=open_turns(limits))

    with pytest.raises(ModuleFailed, match="too much to build"):
        await bundle(tool, tmp_path, {"x.js": ""}, limits)


async def test_words_of_esbuild_say_where(tool, inside):
    with pytest.raises(ModuleFailed, match=r'^esbuild: Could not resolve "gone" \(x\.js:2:7\)$'):
        await bundle(tool, inside, {"x.js": "\nimport 'gone'"})
