"""The packages of a release, as its owner sees them."""

from vibes_trio.content.specifiers import parse_specifier
from vibes_trio.context import Ctx
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.progress import Build
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.addresses import version_in
from vibes_trio.services.packages import find_lacking, lock_of, why_lacking
from vibes_trio.services.releases import Extras, read_extras
from vibes_trio.services.versions import read_release
from vibes_trio.wire.packages import (
    PackageState,
    ReleasePackage,
    ReqListReleasePackages,
    ResListReleasePackages,
)


async def list_release_packages(ctx: Ctx, req: ReqListReleasePackages) -> ResListReleasePackages:
    """Return the packages of a release, and how far they are.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound: there is no such app or release, or not for who asks.
    """
    app = ctx.app
    release = (await app.db.read(read_release, ctx, req, req.fs_id)).release
    extras = read_extras(release.extras_json) or Extras()
    lock = await lock_of(app, extras)
    build = app.builds.find((release.app_slug, release.user_slug, release.fs_id))
    lacking = set(find_lacking(app.modules, extras))
    return ResListReleasePackages(
        app_slug=release.app_slug,
        owner_handle=release.user_slug,
        fs_id=release.fs_id,
        items=tuple(_package(extras, lock, build, text, text in lacking) for text in sorted(extras.packages)),
        notes=extras.notes,
        stage=build.progress.stage if build is not None else "",
        fetched=build.progress.fetched if build is not None else 0,
        to_fetch=build.progress.to_fetch if build is not None else 0,
    )


def _package(
    extras: Extras, lock: Lock | None, build: Build | None, text: str, is_lacking: bool
) -> ReleasePackage:
    why = why_lacking(extras, text) if is_lacking and build is None else ""
    state: PackageState = "ready"
    if is_lacking:
        state = "building" if build is not None else "failed" if why else "waiting"
    key = lock.shared.get(parse_specifier(text).package, "") if lock is not None else ""
    address = extras.modules.get(text) or ("" if extras.react else GIVEN.get(text, ""))
    version = key.rpartition("@")[2] or version_in(address)
    return ReleasePackage(name=text, version=version, state=state, why=why)
