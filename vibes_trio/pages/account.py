"""The page of one's own account: handles, devices, passkeys, browsers that are signed in, and what one keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

from vibes_trio.content.sizes import shown_size
from vibes_trio.pages.visit import Shown, Visit
from vibes_trio.services.passkeys import own_place
from vibes_trio.storage import iso_utc
from vibes_trio.wire.devices import Device, ReqListDevices
from vibes_trio.wire.me import Held, ReqListUserSlugBindings, ReqWhoAmI
from vibes_trio.wire.passkeys import ReqListPasskeys
from vibes_trio.wire.sessions import ReqListSessions

ACCOUNT = "/account"
_OF_BYTES = ("appBytes", "chatBytes")


@dataclass(frozen=True, slots=True)
class Use:
    """How much is kept of something, in words; *part*: of what may be, from 0 to 1."""

    name: str
    used: str
    limit: str
    part: float


_NAMES = {
    "handles": "Handles",
    "apps": "Apps",
    "releases": "Releases",
    "appBytes": "Size of apps",
    "chats": "Chats",
    "chatSections": "Sections of chats",
    "chatBytes": "Size of chats",
}


async def account_page(visit: Visit) -> Shown:
    """Return what to show."""
    me = await visit.ask(ReqWhoAmI())
    handles = await visit.ask(ReqListUserSlugBindings())
    devices = await visit.ask(ReqListDevices())
    passkeys = await visit.ask(ReqListPasskeys())
    sessions = await visit.ask(ReqListSessions())
    now = iso_utc(visit.app.now())
    return Shown(
        "account.html",
        {
            "me": me,
            "handles": handles.items,
            "devices": [device for device in devices.items if _counts(device, now)],
            "past_devices": [device for device in devices.items if not _counts(device, now)],
            "passkeys": passkeys.items,
            "sessions": sorted(sessions.items, key=lambda one: not one.current),
            "uses": _uses(me.usage),
            "origin": own_place(visit.app.config)[1],
        },
    )


def _counts(device: Device, now: str) -> bool:
    return not device.revoked and now < device.expires


def _uses(usage: dict[str, Held]) -> Sequence[Use]:
    return [_use(name, held) for name, held in usage.items()]


def _use(name: str, held: Held) -> Use:
    def show(count: int) -> str:
        return shown_size(count) if name in _OF_BYTES else f"{count:,}"

    part = min(1.0, held.used / held.limit) if held.limit else 1.0
    return Use(_NAMES.get(name, name), show(held.used), show(held.limit), round(part, 4))
