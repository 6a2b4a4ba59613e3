"""The page of a dev release asks whether there is a newer one of its app; the answer waits until there is.

So a browser that shows what somebody works on shows what they deployed a moment later. Each page asks its own origin,
which its policy allows anyway, by one request at a time, in whichever process it is answered: all hear the feed.
"""

from dataclasses import replace

import trio

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.page import reload_element
from vibes_trio.context import App
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Reply
from vibes_trio.services.notices import NAVIGATION, navigates
from vibes_trio.services.releases import MAX_READ_HERE_BYTES, ServedRelease
from vibes_trio.services.replies import REVALIDATE, Asked, Content
from vibes_trio.services.visibility import find_visible
from vibes_trio.storage import versions
from vibes_trio.storage.feed import Listener, listening, of_app
from vibes_trio.wire.base import encode

NEWER = "/~~releases~~/newer"
_HEADERS = (("content-type", "application/json"), ("cache-control", "no-store"))


async def tell_newer(app: App, release: ServedRelease, asked: Asked) -> Reply:
    """Return the `fsId` of a newer release than *release*, once there is one; after a while, an empty object.

    Raises:
        NotFound: it is no dev release; or who asks may not see it any more.
    """
    if release.mode != "dev" or asked.entry is None or asked.entry.fs_id is None:
        raise NotFound("Pages of dev releases alone look for newer ones.")
    limits = app.config.limits
    newer = None
    with listening(app.db.feed, [of_app(release.app, release.user)], most=1) as changes:
        deadline = trio.current_time() + limits.newer_wait_s
        while (newer := await _find(app, release)) is None and app.live.pages < limits.pages_waiting:
            app.live.pages += 1
            try:
                if not await _wait(app, changes, deadline):
                    break
            finally:
                app.live.pages -= 1
            if await find_visible(app, asked, asked.entry) is None:
                raise NotFound("There is no such release any more, or not for you.")
    body = encode({} if newer is None else {"fsId": newer})
    return Reply(200, _HEADERS, b"" if asked.head else body, len(body))


def with_reload(release: ServedRelease, asked: Asked, content: Content) -> Content:
    """Return *content* of *release*, and where a browser opens an HTML file of a dev release as it is, the script that
    pages made here have. Who fetches the file gets its own bytes; a long one stays without."""
    is_file = content.mime.partition(";")[0] == "text/html" and content.asset_id != release.fs_id
    if release.mode != "dev" or not is_file or not navigates(asked.headers):
        return content
    if len(content.body) > MAX_READ_HERE_BYTES:
        return content
    body = content.body + f"\n{reload_element(release.fs_id)}\n".encode()
    return replace(content, body=body, cid=calc_cid(body), cache_control=REVALIDATE, vary=NAVIGATION)


async def _find(app: App, release: ServedRelease) -> str | None:
    return await app.db.get(versions.find_newer, release.app, release.user, release.fs_id)


async def _wait(app: App, changes: Listener, deadline: float) -> bool:
    """Return whether something has changed before *deadline*, and before the server stops."""
    changed = False
    with trio.move_on_at(deadline) as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_on, app.draining, scope)
            await changes.wait()
            changed = True
            nursery.cancel_scope.cancel()
    return changed


async def _cancel_on(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
