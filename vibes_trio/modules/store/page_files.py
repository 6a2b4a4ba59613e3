"""Files of packages that pages load as they are: Tailwind and the font.

They are kept in the store of modules, under `/~esm/{name}@{version}/{path}`, and travel and stay with it. A store
without them, made by an older version or by a registry that doesn't have them, still serves: its pages do
without, and every sweep tries again.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import trio

from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.fetch import ensure_document, ensure_package
from vibes_trio.modules.store.addresses import address_of
from vibes_trio.modules.store.local import JAVASCRIPT, WOFF2, LocalModules
from vibes_trio.outbound import Outbound


class PageFile(msgspec.Struct, frozen=True):
    """A file of an exact version of a package; *path* is its place in the package."""

    name: str
    version: str
    path: str
    content_type: str

    @property
    def address(self) -> str:
        """Where it is served."""
        return address_of(self.name, self.version, self.path)


TAILWIND = PageFile("@tailwindcss/browser", "4.3.4", "dist/index.global.js", JAVASCRIPT)
_INTER = ("@fontsource-variable/inter", "5.3.0")
# By subset, as content.page_font names them.
FONTS = {
    subset: PageFile(*_INTER, f"files/inter-{subset}-wght-normal.woff2", WOFF2)
    for subset in ("latin-ext", "latin")
}
PAGE_FILES = (TAILWIND, *FONTS.values())


def missing_files(store: LocalModules, files: Sequence[PageFile] = PAGE_FILES) -> list[PageFile]:
    """Return those of *files* that the store lacks."""
    return [file for file in files if store.record(file.address) is None]


def tailwind_of(store: LocalModules) -> str:
    """Return the address of Tailwind's script; empty: the store lacks it."""
    return "" if missing_files(store, [TAILWIND]) else TAILWIND.address


def fonts_of(store: LocalModules) -> dict[str, str]:
    """Return subset → address of its font; none: the store lacks one of them."""
    if missing_files(store, list(FONTS.values())):
        return {}
    return {subset: file.address for subset, file in FONTS.items()}


async def ensure_files(
    store: LocalModules, config: Config, outbound: Outbound, files: Sequence[PageFile] = PAGE_FILES
) -> str:
    """Put those of *files* that are missing into the store. Returns why some could not be; empty: all are there."""
    why = ""
    for file in missing_files(store, files):
        try:
            content = await _fetch(file, config, outbound)
            await trio.to_thread.run_sync(store.put_file, file.address, content, file.content_type)
        except (FetchFailed, ModuleFailed) as error:
            why = why or str(error)
    return why


async def _fetch(file: PageFile, config: Config, outbound: Outbound) -> bytes:
    modules_dir = config.data_dir / "modules"
    document = await ensure_document(outbound, modules_dir, file.name, file.version, config.limits)
    folder = await ensure_package(outbound, modules_dir, document, config.limits)
    return await trio.to_thread.run_sync(_read, folder / file.path, file)


def _read(path: Path, file: PageFile) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModuleFailed(f"{file.name}@{file.version}: it has no {file.path}") from error
