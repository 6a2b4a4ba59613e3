"""What a bundle may read: files of its own folders, none of them huge.

esbuild follows any path that a package's code or manifest names: this server's keys, or a device without end. So
it asks before it reads what is not in the folders of the bundle, by patterns which it matches itself: a file that
may be read costs nothing. They are Go's, which know no "anything but", so that is spelt out letter by letter.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed

_MAX_HUGE_FILES = 100
# Go's regular expressions nest at most a thousand levels.
_MAX_FOLDER_CHARS = 900
_END: Any = None  # a key of the nested mappings below, beside letters
_OWN_ADDRESSES = "/~esm/"


@dataclass(frozen=True, slots=True)
class Fence:
    """Where the files of a bundle lie.

    Attributes:
        folders: absolute; by their real names at least, which esbuild finds out.
        depth: steps up that lead from no file of the folders out of them; so many in a specifier are nothing
            to ask for.
        huge: file → its size, of those in the folders that are not to be read.
        handed_on: endings (`.mp4`) of files that outputs name and don't hold: huge ones are not read either, and
            their outputs are empty.
    """

    folders: tuple[Path, ...]
    depth: int = 0
    huge: Mapping[str, int] = field(default_factory=dict)
    handed_on: frozenset[str] = frozenset()

    def holds(self, path: str) -> bool:
        """Return whether *path*, absolute, lies in one of the folders once its steps up are taken."""
        return any(Path(os.path.normpath(path)).is_relative_to(folder) for folder in self.folders)


def fence_of(*folders: Path) -> Fence:
    """Return the fence round *folders*, however they are spelt; the last one is the last folder without links."""
    return Fence((*folders, *(Path(os.path.realpath(folder)) for folder in folders)))


def measure(folder: Path, limits: Limits) -> dict[str, int]:
    """Return file → size, of those under *folder* that are too large to be read. Reads the disk; follows no links.

    Raises:
        ModuleFailed: all together have more than limits.tree_bytes, or too many are too large.
    """
    total = 0
    huge: dict[str, int] = {}
    to_see = [str(folder)]
    while to_see:
        with os.scandir(to_see.pop()) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    to_see.append(entry.path)
                    continue
                size = entry.stat(follow_symlinks=False).st_size
                total += size
                if size > limits.package_source_bytes:
                    huge[entry.path] = size
    if total > limits.tree_bytes:
        raise ModuleFailed(f"the packages have more than {limits.tree_bytes} bytes together (tree_bytes)")
    if len(huge) > _MAX_HUGE_FILES:
        raise ModuleFailed(
            f"{len(huge)} files have more than {limits.package_source_bytes} bytes (package_source_bytes)"
        )
    return huge


def outside_pattern(folders: Sequence[Path]) -> str:
    """Return the pattern, as Go reads it, of absolute paths of files that lie in none of *folders*.

    Raises:
        ModuleFailed: the path of a folder is too long.
    """
    return f"(?s)^{_anything_but(f'{folder}/' for folder in folders)}"


def specifier_pattern(fence: Fence) -> str:
    """Return the pattern of specifiers that may lead out of the folders: absolute ones, and steps up.

    Raises:
        ModuleFailed: the path of a folder is too long.
    """
    absolute = _anything_but([*(f"{folder}/" for folder in fence.folders), _OWN_ADDRESSES], first="/")
    upwards = r"(?:\.\..*){" + str(fence.depth + 1) + "}"
    return rf"(?s)^{absolute}|^(?i:file:)|^[a-zA-Z]:[/\\]|{upwards}"


def exact_pattern(paths: Iterable[str]) -> str:
    """Return the pattern of exactly *paths*."""
    return f"^(?:{'|'.join(''.join(map(_letter, path)) for path in paths)})$"


def _anything_but(prefixes: Iterable[str], first: str = "") -> str:
    """Return the pattern of texts that start with none of *prefixes*, but with *first*."""
    tree: dict[Any, Any] = {}
    for prefix in prefixes:
        if len(prefix) > _MAX_FOLDER_CHARS:
            raise ModuleFailed("the path of the data folder is too long to build packages in")
        node = tree
        for letter in prefix:
            node = node.setdefault(letter, {})
        node[_END] = True
    for letter in first:
        tree = tree[letter]
    return "".join(map(_letter, first)) + _but(tree)


def _but(node: Mapping[Any, Any]) -> str:
    others = [letter for letter in node if letter is not _END]
    choices = ["$", f"[^{''.join(map(_letter, others))}]"]
    choices += [_letter(letter) + _but(node[letter]) for letter in others if _END not in node[letter]]
    return f"(?:{'|'.join(choices)})"


def _letter(letter: str) -> str:
    return letter if letter.isascii() and letter.isalnum() else f"\\x{{{ord(letter):x}}}"
