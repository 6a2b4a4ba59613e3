"""`vibes-trio fork` and `rename`: an app made from another, and one called otherwise."""

from argparse import Namespace

from vibes_trio.commands.output import OK, tell
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.shown import print_struct
from vibes_trio.commands.versions import find_release
from vibes_trio.wire.deletions import ReqForkApp, ReqRenameApp, ResForkApp, ResRenameApp


def fork(options: Namespace) -> int:
    """Make an app of mine from a release that I may read."""

    async def work(session: Session) -> ResForkApp:
        app = await session.app(options.app)
        fs_id = (await find_release(session, app, options.release)).fs_id if options.release else ""
        return await session.ask(
            ReqForkApp(
                src_owner_handle=app.handle,
                src_app_slug=app.slug,
                src_fs_id=fs_id,
                skip_chat=options.publish,
                new_owner_handle=options.user,
                new_app_slug=options.new,
            )
        )

    made = ask_server(options, work)
    if options.json:
        print_struct(made)
        return OK
    tell(
        f"{made.owner_handle}/{made.app_slug} is yours; its files: vibes-trio pull {made.owner_handle}/{made.app_slug}"
    )
    print(made.entry_point_url, flush=True)
    return OK


def rename(options: Namespace) -> int:
    """Give an app another slug."""

    async def work(session: Session) -> ResRenameApp:
        app = await session.app(options.app)
        return await session.ask(
            ReqRenameApp(owner_handle=app.handle, app_slug=app.slug, new_app_slug=options.new)
        )

    renamed = ask_server(options, work)
    if options.json:
        print_struct(renamed)
        return OK
    tell(f"{renamed.owner_handle}/{renamed.app_slug}; the old address leads there")
    print(renamed.entry_point_url, flush=True)
    return OK
