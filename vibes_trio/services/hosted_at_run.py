"""Files of packages that an app asks module hosts for while it runs: answered from what its release has."""

from dataclasses import replace

import trio

from vibes_trio.content.hosted_at_run import (
    HOSTS,
    address_behind,
    closed_hosts,
    read_at_run,
    with_hosted,
)
from vibes_trio.content.mime import mime_of
from vibes_trio.content.module_hosts import Hosted
from vibes_trio.context import App
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Cid, Reply
from vibes_trio.modules.build.groups import file_address
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.local import LocalModules, StoredModule
from vibes_trio.services.cids import find_cid
from vibes_trio.services.packages import lock_of
from vibes_trio.services.releases import ServedRelease
from vibes_trio.services.replies import REVALIDATE, Asked, Content, respond
from vibes_trio.services.waiting import FOR_OWNER

_LED = ("text/css", "text/javascript", "application/javascript")


def answered_hosts(app: App, release: ServedRelease) -> dict[str, str]:
    """Return host → what its paths of packages begin with, of the hosts in whose place this server answers the pages of
    *release*: those that they may not ask themselves, if it has packages at all."""
    if app.modules is None or not release.extras.lock_id:
        return {}
    return {host: HOSTS[host] for host in closed_hosts(app.config.page_hosts)}


async def serve_hosted(app: App, release: ServedRelease, asked: Asked) -> Reply:
    """Return the file that *asked* names by its address at a module host, from the package that *release* has.

    Raises:
        NotFound: it has no such package, or that has no such file.
    """
    assert asked.entry is not None, "the handler only passes app hosts on"
    address = address_behind(asked.entry.path)
    found = read_at_run(address)
    lock = await lock_of(app, release.extras) if found is not None and app.modules is not None else None
    key = _find_key(lock, found) if lock is not None and found is not None else ""
    if app.modules is None or lock is None or found is None or not key:
        raise NotFound(f"{address}: this app has no such package; import it, or write the address as a whole")
    place = file_address(key, lock.packages[key], found.path)
    if app.modules.find_record(place) is None:
        if app.home is None:
            return FOR_OWNER
        place = "" if app.db.is_disk_short else await app.home.fetch_hosted(lock, key, found.path)
    module = await _read(app.modules, place) if place else None
    if module is None:
        raise NotFound(f"{address}: {key} has no such file")
    mime = mime_of(place) or module.content_type
    return await respond(app, asked, Content(module.content, mime, module.cid, module.cid, REVALIDATE))


async def _read(store: LocalModules, place: str) -> StoredModule | None:
    record = store.find_record(place)
    if record is not None and store.is_large(record):
        return await trio.to_thread.run_sync(store.find, place)
    return store.find(place)


def _find_key(lock: Lock, found: Hosted) -> str:
    """Return the key of the package that is meant: in the version that is asked for, else the one that the app shares,
    else any that it has: scripts name versions that were newest when they were written."""
    keys = [key for key, package in lock.packages.items() if package.name == found.package]
    exact = f"{found.package}@{found.version}"
    shared = lock.shared.get(exact) or lock.shared.get(found.package, "")
    return next((key for key in (exact, shared) if key in keys), min(keys, default=""))


async def local_hosts(app: App, release: ServedRelease, content: Content) -> Content:
    """Return *content*, a file of *release*, with addresses of module hosts that it has loaded led to this server."""
    mime = content.mime.partition(";")[0]
    if mime not in _LED or b"//" not in content.body or not answered_hosts(app, release):
        return content
    root = f"/~{release.fs_id}~/"

    async def make() -> bytes:
        return with_hosted(content.body, "text/css" if mime == "text/css" else "", root)

    body = await app.assets.get_or_make(("hosted", content.cid, release.fs_id), make)
    if body == content.body:
        return content

    async def name() -> bytes:
        return (await find_cid(body)).encode()

    cid = await app.assets.get_or_make(("hosted cid", content.cid, release.fs_id), name)
    return replace(content, body=body, cid=Cid(cid.decode()))
