"""Where the fonts of apps are brought home to: families are fetched as packages, one after the other, and kept."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import trio

from vibes_trio.config import Config
from vibes_trio.content.font_addresses import WantedFont
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.fetch import ensure_package
from vibes_trio.modules.registry.ranges import LATEST, NOT_FOUND, Spec, choose_document
from vibes_trio.modules.store.fonts import STATIC, VARIABLE, is_kept, put_font
from vibes_trio.modules.store.local import LocalModules
from vibes_trio.outbound import Outbound


class FontHome:
    """Fetches families into the store.

    Its mutable state: families that are waited for or fetched now, each with what its end is told by; those that
    could not be had lately, with why and until when that is believed; and whether somebody fetches now.
    """

    def __init__(
        self, outbound: Callable[[], Awaitable[Outbound]], store: LocalModules, config: Config
    ) -> None:
        self._outbound = outbound
        self._store = store
        self._config = config
        self._ends: dict[str, trio.Event] = {}
        self._failed: dict[str, tuple[str, float]] = {}
        self._fetching = trio.Lock()

    def begin(self, fonts: Iterable[WantedFont]) -> list[WantedFont]:
        """Return those of *fonts* that are to be fetched, which the caller has to see to: they count as under way.

        Those that are here, under way, or could not be had a moment ago are none.
        """
        begun = {}
        for font in fonts:
            is_new = font.font_id not in self._ends and not self.why_failed(font.font_id)
            if is_new and not is_kept(self._store, font.font_id, font.axes):
                self._ends[font.font_id] = trio.Event()
                begun[font.font_id] = font
        return list(begun.values())

    def end(self, fonts: Iterable[WantedFont]) -> None:
        """Wake who waits for *fonts*, whatever came of them."""
        for font in fonts:
            ended = self._ends.pop(font.font_id, None)
            if ended is not None:
                ended.set()

    async def wait(self, fonts: Iterable[WantedFont]) -> None:
        """Return once none of *fonts* is under way."""
        for font in fonts:
            if font.font_id in self._ends:
                await self._ends[font.font_id].wait()

    def why_failed(self, font_id: str) -> str:
        """Return why a family could not be had lately; empty: nobody tried, or that is long ago."""
        why, until = self._failed.get(font_id, ("", 0.0))
        return why if until > trio.current_time() else ""

    def forgive(self, fonts: Iterable[WantedFont]) -> None:
        """Forget that *fonts* could not be had: somebody deploys them, and may have mended what was wrong."""
        for font in fonts:
            self._failed.pop(font.font_id, None)

    def refuse(self, fonts: Iterable[WantedFont], why: str) -> None:
        """Note why *fonts* are not fetched now."""
        for font in fonts:
            self._remember(font.font_id, why)

    async def fetch(self, fonts: Iterable[WantedFont]) -> Mapping[str, str]:
        """Fetch each of *fonts* into the store; return name → why, of those that can't be had."""
        failed = {}
        async with self._fetching:
            for font in fonts:
                try:
                    if not is_kept(self._store, font.font_id, font.axes):
                        await self._fetch(font)
                except (FetchFailed, ModuleFailed) as error:
                    failed[font.name] = str(error)
                    self._remember(font.font_id, str(error))
                finally:
                    self.end([font])
        return failed

    async def _fetch(self, font: WantedFont) -> None:
        outbound = await self._outbound()
        limits = self._config.limits
        for start in (VARIABLE, STATIC):
            spec = Spec(f"{start}{font.font_id}", LATEST)
            try:
                document = await choose_document(outbound, self._modules_dir, spec, limits)
            except FetchFailed as error:
                if error.status != NOT_FOUND:
                    raise
                continue
            folder = await ensure_package(outbound, self._modules_dir, document, limits)
            await trio.to_thread.run_sync(
                put_font, self._store, folder, document, font.font_id, font.axes, limits
            )
            return
        raise ModuleFailed(f"the registry has no package {STATIC}{font.font_id}")

    def _remember(self, font_id: str, why: str) -> None:
        limits = self._config.limits
        if len(self._failed) >= limits.failed_fonts:
            self._failed.clear()
        self._failed[font_id] = why, trio.current_time() + limits.font_retry_s

    @property
    def _modules_dir(self) -> Path:
        return self._config.data_dir / "modules"
