"""The patterns by which esbuild asks before it leaves the folders of a bundle. (Seen at work in test_run.py.)

Go's patterns are read by Python's here: what is used of them means the same to both but for how a letter is written.
"""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.fence import Fence, exact_pattern, fence_of, outside_pattern, specifier_pattern

ROOTS = (Path("/data/work/a b"), Path("/data/wörk"), Path("/tmp/x.y"))


def matches(pattern: str, text: str) -> bool:
    flags = re.DOTALL if pattern.startswith("(?s)") else 0
    python = re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\U{int(m[1], 16):08x}", pattern.removeprefix("(?s)"))
    return re.search(python.replace("$", r"\Z"), text, flags) is not None


near = st.sampled_from([f"{root}/" for root in ROOTS]).flatmap(
    lambda root: st.tuples(st.integers(0, len(root)), st.text(max_size=3)).map(
        lambda cut: root[: cut[0]] + cut[1]
    )
)


@given(st.one_of(near, st.text()))
def test_a_path_is_outside_unless_it_starts_with_a_folder(path: str) -> None:
    is_inside = any(path.startswith(f"{root}/") for root in ROOTS)

    assert matches(outside_pattern(ROOTS), path) == (not is_inside)


@pytest.mark.parametrize(
    ("specifier", "is_asked"),
    [
        ("./x", False), ("x", False), ("@a/b/c", False), ("../x", False), ("../../../x", False),
        ("/data/wörk/x.js", False), ("/~esm/react@1", False), ("data:text/css,x", False), ("http://x/y", False),
        ("/", True), ("/data", True), ("/data/wörk2/x", True), ("/dev/zero", True), ("/~es", True),
        ("../../../../x", True), ("./a/../../../../../x", True), ("x/../../../..", True), ("..\\..\\..\\..\\x", True),
        ("file:///x", True), ("FILE:x", True), ("C:\\x", True), ("c:/x", True),
    ],
)  # fmt: skip
def test_a_specifier_is_asked_about_if_it_may_lead_outside(specifier: str, is_asked: bool) -> None:
    assert matches(specifier_pattern(Fence(ROOTS, depth=3)), specifier) == is_asked


def test_exact_paths_are_those_and_no_other() -> None:
    pattern = exact_pattern(["/a/b.js", "/a/(x) +é.js"])

    assert [matches(pattern, path) for path in ("/a/b.js", "/a/(x) +é.js", "/a/bxjs", "/a/b.js2")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_folder_is_known_by_all_its_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    fence = fence_of(tmp_path / "link")

    assert fence.holds(f"{tmp_path}/link/x/../y")
    assert fence.holds(f"{tmp_path}/real/y")
    assert not fence.holds(f"{tmp_path}/link/../y")


def test_a_path_that_is_too_long_for_a_pattern_is_said_so() -> None:
    with pytest.raises(ModuleFailed, match="too long"):
        outside_pattern([Path("/" + "x/" * 500)])
