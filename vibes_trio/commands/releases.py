"""`vibes-trio publish`, `rollback` and `unpublish`: which release an app's address shows."""

from argparse import Namespace

from vibes_trio.commands.output import OK, CommandFailed, tell
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.shown import print_struct
from vibes_trio.commands.versions import check_app, find_release, is_number, pages_of
from vibes_trio.wire.apps import Version
from vibes_trio.wire.versions import ReqPublishApp, ReqSetUnpublish, ResPublishApp, ResSetUnpublish


def publish(options: Namespace) -> int:
    """Show a release at the app's address; without one the newest."""

    async def work(session: Session) -> tuple[Version | None, ResPublishApp]:
        app, named = await app_and_release(session, options)
        release = await find_release(session, app, named) if named else None
        return release, await show(session, app, release.fs_id if release else "")

    tell_shown(options, *ask_server(options, work))
    return OK


def rollback(options: Namespace) -> int:
    """Show the release again that was published before the one that is shown, or the one that is named."""

    async def work(session: Session) -> tuple[Version, ResPublishApp]:
        app, named = await app_and_release(session, options)
        release = await (find_release(session, app, named) if named else find_earlier(session, app))
        return release, await show(session, app, release.fs_id)

    tell_shown(options, *ask_server(options, work))
    return OK


def unpublish(options: Namespace) -> int:
    """Take an app down."""

    async def work(session: Session) -> ResSetUnpublish:
        app = await session.app(options.app)
        return await session.ask(ReqSetUnpublish(owner_handle=app.handle, app_slug=app.slug, unpublish=True))

    taken = ask_server(options, work)
    if options.json:
        print_struct(taken)
    else:
        name = f"{taken.owner_handle}/{taken.app_slug}"
        print(f"{name} is taken down", flush=True)
        tell(f"Its address shows nothing now. Show it again: vibes-trio publish {name}")
    return OK


async def app_and_release(session: Session, options: Namespace) -> tuple[AppName, str]:
    """Return what the command is about. A lone `v12` in the folder of an app is a release of that."""
    if session.profile.app and not options.release and is_number(options.app):
        return await session.app(""), options.app
    return await session.app(options.app), options.release


async def show(session: Session, app: AppName, fs_id: str) -> ResPublishApp:
    """Have the app's address show a release; empty: the newest."""
    return await session.ask(ReqPublishApp(owner_handle=app.handle, app_slug=app.slug, fs_id=fs_id))


def tell_shown(options: Namespace, chosen: Version | None, shown: ResPublishApp) -> None:
    """Say which release is shown now, and that it has another number than the one that was *chosen* had."""
    if options.json:
        print_struct(shown)
        return
    news = "shows" if shown.published else "goes on showing"
    print(f"{shown.owner_handle}/{shown.app_slug} {news} v{shown.release_seq} ({shown.fs_id})", flush=True)
    if chosen is not None and chosen.release_seq != shown.release_seq:
        tell(
            f"v{chosen.release_seq} is v{shown.release_seq} now: what is shown anew counts as the newest. Its id stays."
        )


async def find_earlier(session: Session, app: AppName) -> Version:
    """Return the release that was published before the one that is shown.

    Raises:
        CommandFailed: nothing is shown, or nothing was before.
        NotFound: there is no such app.
    """
    shown: Version | None = None
    async for page in pages_of(session, app):
        for version in page.items:
            if shown is not None and version.mode == "production":
                return version
            shown = version if version.published else shown
    if shown is None:
        await check_app(session, app)
        raise CommandFailed(
            f"{app}: its address shows nothing, so there is nothing to go back from. "
            f"`vibes-trio versions {app}` lists its releases, `vibes-trio publish {app} RELEASE` shows one."
        )
    raise CommandFailed(
        f"{app}: nothing was published before v{shown.release_seq}. Name the release to go back to: "
        f"`vibes-trio versions {app}` lists them."
    )
