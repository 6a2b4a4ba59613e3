"""Where Sass is brought home to: the compiler, and the style sheets of packages that apps' own sheets name.

An app's sheets are compiled when it is deployed, so what they name has to be here by then; modules of packages, which
are built after it, are no help. Unpacked packages are those that modules are built from, too.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from vibes_trio.compilers.sass import PackageSheets, SassTool, find_sass, open_sass_turns
from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.fetch import ensure_package
from vibes_trio.modules.registry.ranges import LATEST, choose_document, parse_spec
from vibes_trio.modules.registry.sass_tool import install_sass
from vibes_trio.outbound import Outbound
from vibes_trio.turns import KeyedLock

_ENDINGS = (".scss", ".sass", ".css")


class SassHome:
    """Fetches the compiler and packages' sheets. Its mutable state: the tool once it is found, and who fetches what."""

    def __init__(self, outbound: Callable[[], Awaitable[Outbound]], config: Config) -> None:
        self._outbound = outbound
        self._config = config
        self._turns = open_sass_turns(config.limits)
        self._fetching = KeyedLock()

    async def tool(self) -> SassTool:
        """Return the compiler, fetched if need be.

        Raises:
            FetchFailed, ModuleFailed: it is not to be had.
        """
        config = self._config
        async with self._fetching.hold("the compiler"):
            command = find_sass(config.sass, config.data_dir)
            if not command:
                with _bounded(config.limits.sass_wait_s, "Sass"):
                    await install_sass(await self._outbound(), config.data_dir, config.limits)
                command = find_sass(config.sass, config.data_dir)
            return SassTool(command, self._turns)

    async def sheets(self, package: str, wanted: str) -> PackageSheets:
        """Return the style sheets of *package* in the version that *wanted*, a range or tag, means; empty: the newest.

        Raises:
            FetchFailed, ModuleFailed: it is not to be had, or its sheets are too many.
        """
        limits = self._config.limits
        modules_dir = self._config.data_dir / "modules"
        async with self._fetching.hold(package):
            with _bounded(limits.sass_wait_s, package):
                outbound = await self._outbound()
                spec = parse_spec(package, wanted or LATEST)
                document = await choose_document(outbound, modules_dir, spec, limits)
                folder = await ensure_package(outbound, modules_dir, document, limits)
        key = f"{document.name}@{document.version}"
        return await trio.to_thread.run_sync(_read, key, folder, limits.sass_sheet_bytes)


@contextmanager
def _bounded(seconds: float, what: str) -> Iterator[None]:
    """Pass if what is in it ends within *seconds*.

    Raises:
        FetchFailed: it doesn't.
    """
    try:
        with trio.fail_after(seconds):
            yield
    except trio.TooSlowError as error:
        raise FetchFailed(f"{what} did not come within {seconds:g} s") from error


def _read(key: str, folder: Path, max_bytes: int) -> PackageSheets:
    there = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = frozenset(there)
    sheets: dict[str, bytes] = {}
    for name in sorted(files):
        if name.endswith(_ENDINGS):
            sheets[name] = (folder / name).read_bytes()
            max_bytes -= len(sheets[name])
            if max_bytes < 0:
                raise ModuleFailed(f"{key}: its style sheets are too many (sass_sheet_bytes)")
    manifest = (folder / "package.json").read_bytes() if "package.json" in files else b""
    return PackageSheets(key, sheets, files, manifest)
