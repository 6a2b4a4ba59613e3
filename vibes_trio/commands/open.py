"""`vibes-trio open`: an app in the browser of this machine."""

import webbrowser
from argparse import Namespace

from vibes_trio.commands.output import OK, print_json, tell
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.versions import find_release, no_app
from vibes_trio.wire.me import ReqWhoAmI
from vibes_trio.wire.versions import ReqGetAppByFsid


def main(options: Namespace) -> int:
    """Print where an app is, and open it unless told only to print."""

    async def work(session: Session) -> str:
        app = await session.app(options.app)
        fs_id = (await find_release(session, app, options.release)).fs_id if options.release else ""
        there = await session.ask(ReqGetAppByFsid(owner_handle=app.handle, app_slug=app.slug, fs_id=fs_id))
        if there.error:
            raise no_app(app)
        template = (await session.ask(ReqWhoAmI())).app_url
        url = template.replace("{app}", there.app_slug).replace("{handle}", there.owner_handle)
        return f"{url}~{fs_id}~/" if fs_id else url

    url = ask_server(options, work)
    if options.json:
        print_json({"url": url})
        return OK
    print(url, flush=True)
    if not options.print and not webbrowser.open(url):
        tell("There is no browser to open it with: open the address yourself.")
    return OK
