"""Deploys, whose code is imported once the server listens: it is a quarter of all that there is to import."""

import importlib
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import trio

from vibes_trio.context import Ctx
from vibes_trio.errors import VibesError
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.late import late
from vibes_trio.services.app_log import note_refused
from vibes_trio.services.given import Deploy
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug

if TYPE_CHECKING:
    import vibes_trio.services.deploy as deploys
else:
    deploys = late("vibes_trio.services.deploy")

log = logging.getLogger("vibes_trio.requests")

FOR_DEPLOYS = (
    "vibes_trio.modules.registry.archive",
    "vibes_trio.modules.build.commonjs",
    "vibes_trio.modules.build.joint",
    "vibes_trio.modules.build.umd",
    "vibes_trio.services.deploy",
)
"""What is imported when the first answer has been given, or the first deploy comes."""

MAX_NAME_CHARS = 100


async def load_deploys() -> None:
    """Import what only deploys need, in a thread: it is a quarter of all that there is to import."""
    if "ensure_app_slug" not in vars(deploys):
        await trio.to_thread.run_sync(_import_all, FOR_DEPLOYS)


def _import_all(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)
    _ = deploys.ensure_app_slug


async def ensure_app_slug(ctx: Ctx, req: ReqEnsureAppSlug | Deploy) -> ResEnsureAppSlug:
    """See `services.deploy`. The first after the start may find it still loading."""
    await load_deploys()
    try:
        return await deploys.ensure_app_slug(ctx, req)
    except VibesError as error:
        name = ascii(f"{req.app_slug or ''}--{req.user_slug or ''}"[:MAX_NAME_CHARS])
        log.info(
            "deploy of %s by %s: %s",
            name,
            ctx.asker.user_id,
            error.code,
            extra={"kind": ("deploy", error.code)},
        )
        if isinstance(req.app_slug, str) and isinstance(req.user_slug, str) and req.user_slug:
            note_refused(ctx, (AppSlug(req.app_slug.lower()), UserSlug(req.user_slug.lower())), error)
        raise
