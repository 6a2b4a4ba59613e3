"""How far a deploy is, told to who asks for it while it goes on: frames of their own, before the reply."""

from collections.abc import Sequence

import trio

from vibes_trio.context import App, Ctx
from vibes_trio.modules.progress import Build, ReleaseName
from vibes_trio.services.app_files import AppFile
from vibes_trio.wire.base import write_event, write_event_head
from vibes_trio.wire.live import ResProgress

MARGIN_S = 5.0
"""Before the deadline of the message: what is still to be done for the reply takes less."""


class Teller:
    """Tells of one deploy. Where nobody asked for that, or it was posted, it tells nothing. State: the last frame."""

    def __init__(self, ctx: Ctx, *, wanted: bool) -> None:
        self._link = ctx.link if wanted and ctx.envelope is not None else None
        self._head = (
            write_event_head(ctx.envelope) if self._link is not None and ctx.envelope is not None else b""
        )
        self._last: ResProgress | None = None

    @property
    def tells(self) -> bool:
        """Whether anybody hears it."""
        return self._link is not None

    def received(self, files: Sequence[AppFile]) -> None:
        """All files are there."""
        if self.tells:
            size = sum(len(file.content) for file in files)
            self._tell(ResProgress(stage="received", bytes=size, files=len(files)))

    def compiled(self) -> None:
        """The release is made and stored."""
        self._tell(ResProgress(stage="compiled"))

    async def packages(self, app: App, name: ReleaseName) -> None:
        """Return when the packages of the release *name* are built, or can't be; at the latest after a while."""
        if self._link is None:
            return
        limits = app.config.limits
        # The reply has its own deadline, and the release is stored already.
        until = min(
            trio.current_time() + limits.progress_wait_s, trio.current_effective_deadline() - MARGIN_S
        )
        with trio.move_on_at(until):
            while (build := app.builds.find(name)) is not None:
                self._tell(_of_packages(build))
                with trio.move_on_after(limits.progress_pause_s):
                    await build.finished.wait()

    def ready(self) -> None:
        """There is nothing more to wait for."""
        self._tell(ResProgress(stage="ready"))

    def _tell(self, progress: ResProgress) -> None:
        if self._link is not None and progress != self._last:
            self._last = progress
            self._link.send(self._head, write_event(progress))


def _of_packages(build: Build) -> ResProgress:
    """Return how far *build* is: fetching and building are half of it each."""
    progress = build.progress
    built = len(progress.done) + len(progress.failed)
    wanted = len(build.names) or len(progress.specifiers)
    return ResProgress(
        stage="packages",
        part_number=progress.fetched + built,
        parts=max(progress.to_fetch + wanted, progress.fetched + built),
    )
