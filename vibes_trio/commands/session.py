"""What every command that asks a server shares: where it is, who asks, and what its failures are called here."""

import os
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import trio

from vibes_trio.auth.device import read_token_name, read_token_times
from vibes_trio.client.api import Api, open_api
from vibes_trio.client.clock import shown_span
from vibes_trio.client.connection import Progress
from vibes_trio.client.failures import CannotConnect, ConnectionLost, NoAddress, RequestTimedOut
from vibes_trio.client.paging import Pages
from vibes_trio.client.tokens import DeviceKey, Token
from vibes_trio.commands.credentials import URL_VARIABLE, device_name, find_device, find_url
from vibes_trio.commands.output import UNREACHABLE, USAGE, CommandFailed, warn
from vibes_trio.commands.profile import Profile, find_profile
from vibes_trio.config import Config, Limits, load_config
from vibes_trio.content.slugs import MAX_APP_NAME_CHARS, slug_of
from vibes_trio.errors import NotFound, RequireLogin, SlugTaken
from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.chats import ReqRestoreChatContext
from vibes_trio.wire.deletions import ReqForkApp, ReqUndoDeletion
from vibes_trio.wire.me import ReqWhoAmI
from vibes_trio.wire.names import AppRequest

DEFAULT_URL = "http://127.0.0.1:8787"
CLOCK_SLACK_S = 1.0
CLOCK_OFF = (
    "Your clock is {} the server's, so what this machine signs does not count there now. Set the clock right (have it"
    " set by the network), then try again."
)
NO_TOKEN = "It can't be read as a token: `vibes-trio token` prints a fresh one."
ASK_OPERATOR = "Its operator sees in its log why, and can issue a new key file: vibes-trio device issue."

NO_PROFILE = Profile()

R = TypeVar("R", bound=Response)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: what messages are signed with, and the handle that a person of that name likely has (may be empty)."""

    token: Token
    slug: str


@dataclass(frozen=True, slots=True)
class AppName:
    """An app: the handle that it lies under, and its slug."""

    handle: str
    slug: str

    def __str__(self) -> str:
        return f"{self.handle}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Session:
    """A server that is connected to, and who asks there.

    Attributes:
        folder: name of the folder that the command runs in, after which `deploy .` calls an app.
    """

    api: Api
    url: str
    asker: Asker
    limits: Limits
    profile: Profile = NO_PROFILE
    folder: str = ""

    async def ask(self, request: Request[R], on_progress: Progress | None = None) -> R:
        """Send *request* and return its response; *on_progress* as for `Api.request`.

        Raises:
            CommandFailed: the server does not take the credentials; says what is likely wrong with them.
            NotFound: what is asked about is not there.
            VibesError: the server refuses.
        """
        signed = await self.api.signed(request)
        try:
            return await self.api.request(signed, on_progress)
        except RequireLogin as error:
            why = why_refused(signed.auth.token if signed.auth else "", time.time(), self.api.clock_ahead_s)
            raise CommandFailed(
                f"{self.url}: the server does not take these credentials. It says: {error.message} {why}"
            ) from error
        except NotFound as error:
            raise in_words(request, error) from error

    def pages(self, request: Request[R]) -> Pages[R]:
        """Return an iterator over the answer to *request*, and those that follow. See `Api.pages`."""
        return Pages(self.ask, request)

    async def app(self, named: str) -> AppName:
        """Return the app that a command is about: SLUG, HANDLE/SLUG, or nothing: the profile's, or the folder's name.

        Raises:
            CommandFailed: none is named.
        """
        handle, _, slug = named.rpartition("/")
        slug = slug or self.profile.app or slug_of(self.folder, MAX_APP_NAME_CHARS)
        if not slug:
            raise CommandFailed("Which app? Name one: `vibes-trio apps` lists yours.", USAGE)
        handle = handle or self.profile.user or await self.own_handle()
        if not handle:
            raise CommandFailed(f"Whose app? Name its handle, too: HANDLE/{slug}.", USAGE)
        return AppName(handle, slug)

    async def own_handle(self) -> str:
        """Return the handle that is meant where none is named; empty: there is none yet.

        The one that the device is called by, if they have it: people have published under it since there is this
        program. Else the one that they have set, or the newest.
        """
        me = await self.ask(ReqWhoAmI())
        return self.asker.slug if self.asker.slug in me.handles else me.owner_handle or self.asker.slug


def ask_server(options: Namespace, work: Callable[[Session], Awaitable[T]]) -> T:
    """Run *work* with a connection to the server that is meant, and return what it does. See `with_server`."""
    config = load_config(os.environ, options.settings)
    profile = find_profile(options, Path(), os.environ)
    url = find_server(options, config, os.environ, profile)
    return with_server(url, find_asker(options, config, os.environ, url), config, work, profile)


def find_asker(options: Namespace, config: Config, env: Mapping[str, str], url: str) -> Asker:
    """Return who asks: the bearer of `--token`, else the device found by `find_device`.

    The device's tokens count at the server that is asked only, which could use them elsewhere otherwise.

    Raises:
        CommandFailed: nobody; see `find_device`.
    """
    if options.token:
        return Asker(str(options.token), _handle_of(read_token_name(options.token)))
    device = find_device(options, config, env, url)
    return Asker(DeviceKey(device), _handle_of(device_name(device)))


def _handle_of(name: str) -> str:
    """Return the handle that whoever a device is named after likely has; empty: it is named after a machine."""
    return "" if "@" in name else slug_of(name, MAX_APP_NAME_CHARS)


def find_server(
    options: Namespace, config: Config, env: Mapping[str, str], profile: Profile = NO_PROFILE
) -> str:
    """Return the address of the server that is meant: `--url`, VIBES_URL, the profile's, that on this machine."""
    named = options.url or env.get(URL_VARIABLE) or profile.url
    return named or find_url(options, config, env) or DEFAULT_URL


def with_server(
    url: str,
    asker: Asker,
    config: Config,
    work: Callable[[Session], Awaitable[T]],
    profile: Profile = NO_PROFILE,
) -> T:
    """Run *work* with a connection to the server at *url* and return what it does.

    Raises:
        CommandFailed: the server can't be reached, or does not take the credentials.
        VibesError: the server refuses; says why.
    """
    return trio.run(_with_server, url, asker, config, work, profile)


async def _with_server(
    url: str, asker: Asker, config: Config, work: Callable[[Session], Awaitable[T]], profile: Profile
) -> T:
    try:
        async with open_api(url, asker.token, limits=config.limits) as api:
            if api.hint:
                warn(api.hint)
            return await work(Session(api, url, asker, config.limits, profile, Path.cwd().name))
    except (ConnectionLost, RequestTimedOut) as error:
        if isinstance(error, NoAddress):
            raise CommandFailed(f"{error}", USAGE) from error
        advice = " Is a server running there? Start one with `vibes-trio serve`, or name another: --url."
        is_nobody = isinstance(error, CannotConnect)
        raise CommandFailed(f"{error}{advice if is_nobody else ''}", UNREACHABLE) from error
    except SlugTaken as error:
        raise CommandFailed(f"{error.message} Name one: --user SLUG.") from error


def in_words(request: Request[R], error: NotFound) -> NotFound:
    """Return *error* as whoever types commands can use it: the server says which messages help."""
    if isinstance(request, ReqRestoreChatContext):
        return NotFound(
            f"There is no deleted chat {request.context_id}. `vibes-trio chat list --deleted` lists yours."
        )
    if isinstance(request, ReqUndoDeletion):
        return NotFound(f"{error.message} `vibes-trio undo --list` lists what can be.")
    if isinstance(request, AppRequest | ReqForkApp):
        return NotFound(f"{error.message} `vibes-trio apps` lists yours.")
    chat = getattr(request, "context_id", "")
    if not isinstance(chat, str) or not chat:
        return error
    return NotFound(
        f"There is no chat {chat}. `vibes-trio chat list` lists yours, `vibes-trio chat new {chat}` makes it."
    )


def why_refused(token: str, now: float, ahead_s: float | None) -> str:
    """Return what is most likely wrong with *token*, which a server did not take, and what to do.

    Args:
        now: Unix seconds by this machine's clock.
        ahead_s: how far that is ahead of the server's; None: it isn't known.
    """
    try:
        begins, ends = read_token_times(token)
    except ValueError:
        return NO_TOKEN
    server_now = now - (ahead_s or 0.0)
    if begins > server_now - CLOCK_SLACK_S and (ahead_s or 0.0) >= CLOCK_SLACK_S:
        return CLOCK_OFF.format(f"{shown_span(server_now - now)} ahead of")
    if ends < server_now + CLOCK_SLACK_S:
        if ends > now:
            return CLOCK_OFF.format(f"{shown_span(server_now - now)} behind")
        return f"The token ended {shown_span(now - ends)} ago. Make another: vibes-trio token."
    return ASK_OPERATOR
