"""`vibes-trio whoami` and `handles`: who is signed in, and the names that apps lie under."""

import time
from argparse import Namespace

import msgspec

from vibes_trio.commands.output import OK, USAGE, CommandFailed, print_table, tell
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.shown import print_list, print_struct, shown_age
from vibes_trio.content.sizes import shown_size
from vibes_trio.wire.base import encode
from vibes_trio.wire.me import (
    DefaultHandle,
    Handle,
    ReqCreateUserSlugBinding,
    ReqEnsureUserSettings,
    ReqListUserSlugBindings,
    ReqWhoAmI,
    ResWhoAmI,
)

_SIZES = ("appBytes", "chatBytes")


def whoami(options: Namespace) -> int:
    """Say who is signed in where, and what they keep of what they may."""

    async def work(session: Session) -> tuple[str, ResWhoAmI]:
        return session.url, await session.ask(ReqWhoAmI())

    url, me = ask_server(options, work)
    if options.json:
        print_struct(me)
        return OK
    print(me.owner_handle or me.email or me.user_id, flush=True)
    tell(
        f"{me.user_id} {me.email} at {url}, version {me.version}; handles: {', '.join(me.handles) or 'none'}"
    )
    rows = [
        (_spaced(name), *(shown_size(n) if name in _SIZES else str(n) for n in (held.used, held.limit)))
        for name, held in me.usage.items()
    ]
    print_table(("KEPT", "NOW", "AT MOST"), rows)
    return OK


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)


def handles(options: Namespace) -> int:
    """List my handles, take one, or choose the one that is meant where none is named."""
    if options.action == "list":
        return _list_handles(options)
    if options.action == "default" and not options.name:
        raise CommandFailed("Which handle? vibes-trio handles default NAME", USAGE)

    async def take(session: Session) -> str:
        made = await session.ask(ReqCreateUserSlugBinding(owner_handle=options.name))
        return made.owner_handle

    async def choose(session: Session) -> str:
        setting = msgspec.json.decode(
            encode(DefaultHandle(owner_handle=options.name)), type=dict[str, msgspec.Raw]
        )
        await session.ask(ReqEnsureUserSettings(settings=(setting,)))
        return str(options.name)

    name = ask_server(options, take if options.action == "take" else choose)
    if options.json:
        print_struct({"ownerHandle": name})
    else:
        print(name, flush=True)
    return OK


def _list_handles(options: Namespace) -> int:
    async def work(session: Session) -> list[Handle]:
        return [handle async for page in session.pages(ReqListUserSlugBindings()) for handle in page.items]

    now = time.time()
    print_list(
        options,
        ask_server(options, work),
        ("HANDLE", "APPS", "SINCE"),
        lambda handle: (handle.owner_handle, str(handle.app_slug_count), shown_age(handle.created, now)),
        "No handles yet: the first deploy takes one, or `vibes-trio handles take NAME`.",
    )
    return OK
