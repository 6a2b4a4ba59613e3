"""Install esbuild, the one native tool, from the package registry: version and hashes are pinned.

The binary is in the npm package `@esbuild/{platform}`, which is fetched, checked and unpacked like any other.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import trio

from vibes_trio.compilers.choose import ESBUILD_VERSION, find_binaries, find_version, toolchain_path
from vibes_trio.config import Config, Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.late import late
from vibes_trio.modules.folder import write_file
from vibes_trio.modules.registry.esbuild_hashes import SHA512
from vibes_trio.modules.registry.fetch import ensure_document, fetch_archive
from vibes_trio.outbound import Outbound
from vibes_trio.turns import Places, Turns

if TYPE_CHECKING:
    import platform

    import vibes_trio.modules.registry.archive as archives
else:
    platform = late("platform")
    archives = late("vibes_trio.modules.registry.archive")

_SYSTEMS: Mapping[str, str] = {"cygwin": "win32"}
_MACHINES: Mapping[str, str] = {
    "x86_64": "x64",
    "amd64": "x64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "i386": "ia32",
    "i686": "ia32",
    "x86": "ia32",
    "ppc64le": "ppc64",
    "loongarch64": "loong64",
    "mips64": "mips64el",
    "powerpc": "ppc64",
}


@dataclass(frozen=True, slots=True)
class Tool:
    """An esbuild binary that answers.

    Attributes:
        version: what it says of itself.
        turns: places of its runs, shared by all who build.
        user: whose the runs are that are made with this record.
    """

    path: Path
    version: str
    turns: Turns = field(default_factory=lambda: open_turns(Limits()), compare=False)
    user: str = ""


def open_turns(limits: Limits) -> Turns:
    """Return the places for runs of esbuild on packages."""
    waiting, for_one = limits.builds_waiting, limits.builds_waiting_for_one
    return Turns(Places(limits.build_places, limits.builds_at_once, waiting, for_one), "built")


def platform_key(system: str = "", machine: str = "") -> str:
    """Return esbuild's name of a platform, `linux-x64` for one; of this one when nothing is given.

    The name may be one of a platform that esbuild doesn't have.
    """
    system = system or sys.platform
    if system not in ("win32", "cygwin"):
        system = system.rstrip("0123456789.")  # Python says freebsd14, sunos5
    machine = (machine or platform.machine()).lower()
    return f"{_SYSTEMS.get(system, system)}-{_MACHINES.get(machine, machine)}"


async def find_tool(config: Config) -> Tool | None:
    """Return the esbuild to build with: the one VIBES_ESBUILD names, else the installed one, else PATH's."""
    for binary in find_binaries(config.esbuild, config.data_dir):
        version = await find_version(binary, config.limits)
        if version is not None:
            return Tool(binary, version, open_turns(config.limits))
    return None


async def install_toolchain(outbound: Outbound, data_dir: Path, limits: Limits, key: str = "") -> Path:
    """Return the path of the pinned esbuild for platform *key*, this one if empty, fetched if need be.

    Raises:
        FetchFailed: the registry doesn't give it.
        ModuleFailed: esbuild has none for the platform, or what came is not the pinned one.
    """
    target = toolchain_path(data_dir)
    if await trio.Path(target).is_file():
        return target
    key = key or platform_key()
    if key not in SHA512:
        raise ModuleFailed(f"esbuild has no binary for {key}: build one and name it in VIBES_ESBUILD")
    name = f"@esbuild/{key}"
    told = await ensure_document(outbound, data_dir / "modules", name, ESBUILD_VERSION, limits)
    pinned = msgspec.structs.replace(told, integrity=f"sha512-{SHA512[key]}")
    archive = await fetch_archive(outbound, pinned, limits)
    await trio.to_thread.run_sync(_install, archive, key, target, limits)
    return target


def _install(archive: bytes, key: str, target: Path, limits: Limits) -> None:
    wanted = "esbuild.exe" if key.startswith("win32-") else "bin/esbuild"
    for name, content in archives.read_archive(archive, limits):
        if str(name) == wanted:
            write_file(target, b"".join(content), 0o755)
            return
    raise ModuleFailed(f"@esbuild/{key}@{ESBUILD_VERSION} holds no {wanted}")
