"""Install Dart Sass, which compiles Sass without Node, from the package registry: version and hashes are pinned.

It is in the npm packages `sass-embedded-{platform}` (MIT), of the same project, which hold a runtime of Dart and the
compiler for it: 4.3 MB. Less than one app in ten needs it, so the first that does has it fetched.
"""

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import trio

from vibes_trio.compilers.sass import SASS_VERSION, SNAPSHOT, sass_folder
from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.late import late
from vibes_trio.modules.folder import make_folder
from vibes_trio.modules.registry.fetch import ensure_document, fetch_archive
from vibes_trio.modules.registry.sass_hashes import SASS_SHA512
from vibes_trio.modules.registry.toolchain import platform_key
from vibes_trio.outbound import Outbound

if TYPE_CHECKING:
    import vibes_trio.modules.registry.archive as archives
else:
    archives = late("vibes_trio.modules.registry.archive")

_MODES = {"dart": 0o755, SNAPSHOT: 0o644, "LICENSE": 0o644}
_FOLDER = "dart-sass/src"


def sass_platform() -> str:
    """Return Dart Sass's name of this platform, one that it may not have."""
    key = platform_key()
    is_musl = "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE") or "")
    return key.replace("linux-", "linux-musl-") if is_musl else key


async def install_sass(outbound: Outbound, data_dir: Path, limits: Limits, key: str = "") -> Path:
    """Return the folder of the pinned Dart Sass for platform *key*, this one if empty, fetched if need be.

    Raises:
        FetchFailed: the registry doesn't give it.
        ModuleFailed: there is none for the platform, or what came is not the pinned one.
    """
    folder = sass_folder(data_dir)
    if await trio.Path(folder / SNAPSHOT).is_file():
        return folder
    key = key or sass_platform()
    if key not in SASS_SHA512:
        raise ModuleFailed(f"Dart Sass has no program for {key}: name one in VIBES_SASS")
    told = await ensure_document(outbound, data_dir / "modules", f"sass-embedded-{key}", SASS_VERSION, limits)
    pinned = msgspec.structs.replace(told, integrity=f"sha512-{SASS_SHA512[key]}")
    archive = await fetch_archive(outbound, pinned, limits)
    await trio.to_thread.run_sync(make_folder, folder, lambda new: _unpack(archive, new, key, limits))
    return folder


def _unpack(archive: bytes, folder: Path, key: str, limits: Limits) -> None:
    lacking = set(_MODES)
    for name, content in archives.read_archive(archive, limits):
        if str(name.parent) == _FOLDER and name.name in lacking:
            lacking.remove(name.name)
            path = folder / name.name
            path.write_bytes(b"".join(content))
            path.chmod(_MODES[name.name])
    if lacking:
        raise ModuleFailed(f"sass-embedded-{key}@{SASS_VERSION} holds no {min(lacking)}")
