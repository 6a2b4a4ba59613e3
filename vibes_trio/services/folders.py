"""What a deploy sends of a folder, for pages: the rules are those of the command line, in `content`.

The patterns of a `.vibesignore` are anybody's, and may take as long as they like: a process beside matches them.
"""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from vibes_trio.beside.pool import Packed, Question
from vibes_trio.config import Limits
from vibes_trio.content.env_files import FILES, MAX_ENV_FILE_BYTES, EnvFiles, read_env_texts
from vibes_trio.content.filenames import check_filename, lang_of
from vibes_trio.content.left_out import (
    IGNORE_FILE,
    MAX_IGNORE_BYTES,
    SECRET,
    Choice,
    is_lock_too_large,
    make_choice,
)
from vibes_trio.content.secret_files import MAX_SECRET_BYTES, SUSPECT, holds_secret
from vibes_trio.content.sent_files import find_page, is_of_page, is_read_as_text, shows_nothing
from vibes_trio.content.sizes import shown_size
from vibes_trio.content.slugs import MAX_APP_NAME_CHARS, slug_of
from vibes_trio.context import Ctx
from vibes_trio.errors import TooLarge
from vibes_trio.wire.base import encode
from vibes_trio.wire.folders import FolderEntry, LeftOutEntry, ReqPlanDeploy, ResPlanDeploy, SentFile

_request_decoder = msgspec.json.Decoder(ReqPlanDeploy)
_response_decoder = msgspec.json.Decoder(ResPlanDeploy)


async def plan_deploy(ctx: Ctx, req: ReqPlanDeploy | ResPlanDeploy) -> ResPlanDeploy:
    """Return what to send of a folder. A long request has been answered where it was read.

    Raises:
        BadRequest: a name that can't be, or a `.vibesignore` that can't be read.
        TooLarge: too many names, or matching them takes too long.
    """
    if isinstance(req, ResPlanDeploy):
        return req
    packed = await ctx.app.beside.ask(
        Question("plan"), encode(msgspec.structs.replace(req, auth=None)), ctx.asker.user_id
    )
    return unpack_plan(packed)


def plan_beside(about: bytes, limits: Limits) -> Packed:
    """Return the answer to a request, as JSON."""
    return pack_plan(_request_decoder.decode(about), limits)


def pack_plan(req: ReqPlanDeploy, limits: Limits) -> Packed:
    """Return the answer to *req* for another process."""
    return Packed(encode(make_plan(req, limits)))


def unpack_plan(packed: Packed) -> ResPlanDeploy:
    """Return what was packed."""
    return _response_decoder.decode(packed.text)


def make_plan(req: ReqPlanDeploy, limits: Limits) -> ResPlanDeploy:
    """Return what to send of a folder.

    Raises:
        BadRequest, TooLarge: see `plan_deploy`.
    """
    _check(req, limits)
    choice = make_choice(IGNORE_FILE, req.ignore.removeprefix("\ufeff").splitlines())
    reasons = {entry.name: _why_left_out(entry, choice, limits) for entry in req.entries}
    sent = [entry for entry in req.entries if not reasons[entry.name] and not entry.name.endswith("/")]
    names = [f"/{entry.name}" for entry in sent]
    page = find_page(names)
    return ResPlanDeploy(
        app_slug=slug_of(req.folder, MAX_APP_NAME_CHARS),
        files=tuple(_sent(entry, page) for entry in sent),
        left_out=tuple(LeftOutEntry(name=name, reason=reason) for name, reason in reasons.items() if reason),
        env=dict(_env_of(req).values),
        warnings=tuple(_warnings(sent)),
        shows_nothing=bool(names) and shows_nothing(names),
        suspect=SUSPECT,
        suspect_bytes=MAX_SECRET_BYTES,
    )


def _check(req: ReqPlanDeploy, limits: Limits) -> None:
    for name, held, most in (
        ("entries", len(req.entries), limits.max_files),
        ("ignore", len(req.ignore), MAX_IGNORE_BYTES),
        ("folder", len(req.folder), limits.max_filename_chars),
    ):
        if held > most:
            raise TooLarge(f"{name}: {held} are too many.", limit=name, value=most)
    for entry in req.entries:
        check_filename(f"/{entry.name.removesuffix('/')}", limits.max_filename_chars, "entries")


def _why_left_out(entry: FolderEntry, choice: Choice, limits: Limits) -> str:
    reason = choice.why_left_out(entry.name)
    if reason or entry.name.endswith("/") or choice.is_asked_for(entry.name):
        return reason
    if is_lock_too_large(entry.name, entry.size, limits):
        return f"over {shown_size(limits.max_lock_bytes)}"
    # As on the command line: what the page is made of is sent, with a warning.
    return SECRET if not is_of_page(entry.name) and holds_secret(entry.name, entry.content) else ""


def _sent(entry: FolderEntry, page: str) -> SentFile:
    return SentFile(
        name=entry.name,
        lang=lang_of(entry.name) or UNSET,
        is_text=is_read_as_text(entry.name),
        entry_point=f"/{entry.name}" == page,
    )


def _warnings(sent: list[FolderEntry]) -> Iterator[str]:
    for entry in sent:
        if is_of_page(entry.name) and holds_secret(entry.name, entry.content):
            yield f"{entry.name}: holds a private key, and everybody who opens the app can read it."


def _env_of(req: ReqPlanDeploy) -> EnvFiles:
    texts = {
        entry.name: entry.content.decode("utf-8-sig", "replace")
        for entry in req.entries
        if entry.name in FILES and len(entry.content) <= MAX_ENV_FILE_BYTES
    }
    return read_env_texts(texts)
