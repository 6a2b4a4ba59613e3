"""ensureAppSlug: publish an app.

Compiling and looking package versions up come first; then slugs, limits, assets and the release are one
transaction, so a deploy that fails at any step leaves nothing behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import UnsetType, structs

from vibes_trio.compilers.interface import Lang
from vibes_trio.content.cid import calc_cid, calc_fs_id, to_utf8
from vibes_trio.content.collation import sort_key
from vibes_trio.content.filenames import check_filename, lang_of
from vibes_trio.content.mime import mime_of
from vibes_trio.content.slugs import check_slug_pair, own_names, parse_app_slug, parse_user_slug
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, NotFound, TooLarge
from vibes_trio.exchange import AppSlug, Cid, FsId, UserId, UserSlug
from vibes_trio.jobs import WarmRelease
from vibes_trio.services.build import AppFile, Built, build_release
from vibes_trio.services.fonts import fetch_after_deploy, find_fonts
from vibes_trio.services.packages import build_after_deploy, module_warnings, with_known_lock
from vibes_trio.services.releases import OCTETS, read_extras
from vibes_trio.storage import apps, assets, slugs
from vibes_trio.storage.tx import Tx
from vibes_trio.urls import entry_point_url, wrapper_url
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug
from vibes_trio.wire.files import (
    CodeBlock,
    CodeRef,
    StrAssetBlock,
    StrAssetRef,
    Uint8AssetBlock,
    Uint8AssetRef,
    VibeFile,
    read_bytes,
    read_items,
)

MAX_MIME_CHARS = 255


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a deploy wants to go. None: a random slug."""

    user_id: UserId
    app: AppSlug | None
    user: UserSlug | None


@dataclass(frozen=True, slots=True)
class Publish:
    """All that the transaction needs. *built* is None when the release is there already.

    Attributes:
        built_from: tells apart what the fsId does not: see `Extras.built_from`.
    """

    wanted: Wanted
    fs_id: FsId
    built_from: Cid
    mode: apps.Mode
    env_json: str
    built: Built | None


async def ensure_app_slug(ctx: Ctx, req: ReqEnsureAppSlug) -> ResEnsureAppSlug:
    """Publish the files of *req* and return where they are. Safe to repeat: the same files make no second release.

    Raises:
        BadRequest: a slug, file name or file that can't be; says which.
        TooLarge: a limit of `config.limits` on files; names it.
        NotFound: a `refId` that no asset of this user has.
        TransformFailed: a module does not compile; file, line, column.
        SlugTaken, LimitReached, NoSuchSlugLeft: see `storage.slugs`, `storage.apps`.
    """
    app = ctx.app
    wanted = read_wanted(app, ctx.asker.user_id, req)
    files = await read_files(ctx, req)
    env = check_env(app, req.env)
    entry_point = winning_entry_point(req)
    fs_id = calc_fs_id([(file.name, file.given_mime, file.cid) for file in files], env)
    built_from = calc_built_from(files, entry_point)
    publish = Publish(wanted, fs_id, built_from, req.mode, encode(env).decode(), None)
    release = await _write(app, publish) if _is_known(app, publish) else None
    fonts = await find_fonts(app, files)
    warnings: tuple[str, ...] = ()
    built: Built | None = None
    if release is None:
        built = await build_release(app, files, entry_point, built_from)
        named = structs.replace(built.extras, fonts=fonts)
        extras, kept = await with_known_lock(app, named, built.import_map)
        built = replace(built, extras=extras, assets={**built.assets, **kept})
        release = await _write(app, replace(publish, built=built))
        warnings = built.warnings
    assert release is not None, "a release with its content was published"
    noted = read_extras(release.extras_json) if built is None else built.extras
    if noted is not None and app.home is not None:
        warnings += module_warnings(app, noted)
        build_after_deploy(app, (release.app_slug, release.user_slug, release.fs_id), noted)
    warnings += fetch_after_deploy(app, fonts)
    if req.mode == "production":
        app.jobs.add(WarmRelease(release.app_slug, release.user_slug))
    return _response(app, req, release, warnings)


def _response(
    app: App, req: ReqEnsureAppSlug, release: apps.Release, warnings: tuple[str, ...]
) -> ResEnsureAppSlug:
    config = app.config
    user, name, fs_id = release.user_slug, release.app_slug, release.fs_id
    return ResEnsureAppSlug(
        app_slug=name,
        user_slug=user,
        owner_handle=user,
        mode=req.mode,
        fs_id=fs_id,
        env=req.env,
        file_system=read_items(release.file_system_json),
        wrapper_url=wrapper_url(config.wrapper_base_url, user, name, fs_id),
        entry_point_url=entry_point_url(config.protocol, config.hostname_base, name, user, fs_id),
        warnings=warnings,
    )


# -- what was asked ---------------------------------------------------------------------------------------


def read_wanted(app: App, user_id: UserId, req: ReqEnsureAppSlug) -> Wanted:
    """Return where *req* wants to go; `ownerHandle` is another name of `userSlug`.

    Raises:
        BadRequest: a slug that can't be one, or two different user slugs.
    """
    if req.user_slug and req.owner_handle and req.user_slug.lower() != req.owner_handle.lower():
        raise BadRequest("userSlug and ownerHandle are two names of one thing, but differ: send one of them.")
    own = own_names(app.config.hostname_base)
    user = req.user_slug or req.owner_handle
    wanted = Wanted(
        user_id,
        parse_app_slug(req.app_slug, own) if req.app_slug else None,
        parse_user_slug(user, own) if user else None,
    )
    if wanted.app is not None and wanted.user is not None:
        check_slug_pair(wanted.app, wanted.user)
    return wanted


def check_env(app: App, env: dict[str, str]) -> dict[str, str]:
    """Return *env* if it is within its limit.

    Raises:
        TooLarge: it is not.
    """
    most = app.config.limits.max_env_bytes
    if sum(len(to_utf8(key)) + len(to_utf8(value)) for key, value in env.items()) > most:
        raise TooLarge(
            f"env: names and values have more than {most} bytes.", limit="max_env_bytes", value=most
        )
    return env


def calc_built_from(files: Sequence[AppFile], entry_point: str) -> Cid:
    """Return an id of what decides about a release beside its fsId: the entry point, the languages, the types."""
    return calc_cid(encode([entry_point, *((file.lang, file.mime) for file in files)]))


def winning_entry_point(req: ReqEnsureAppSlug) -> str:
    """Return the name of the last file, in the order given, that is flagged as entry point; empty: none is."""
    flagged = [file.filename for file in req.file_system if file.entry_point is True]
    return flagged[-1] if flagged else ""


async def read_files(ctx: Ctx, req: ReqEnsureAppSlug) -> list[AppFile]:
    """Return the files of *req*, sorted by name, references replaced by what they refer to.

    Raises:
        BadRequest: no files, a name or content that can't be.
        TooLarge: too many, one too large, or all together.
        NotFound: a reference to nothing.
    """
    limits = ctx.app.config.limits
    if not req.file_system:
        raise BadRequest("fileSystem: at least one file is wanted.")
    if len(req.file_system) > limits.max_files:
        raise TooLarge(
            f"fileSystem: {len(req.file_system)} files are too many.",
            limit="max_files",
            value=limits.max_files,
        )
    for index, file in enumerate(req.file_system):
        check_filename(file.filename, limits.max_filename_chars, f"fileSystem[{index}].filename")
    given = [
        _given_content(file, f"fileSystem[{index}].content") for index, file in enumerate(req.file_system)
    ]
    cids = [
        _referred(file) if content is None else calc_cid(content)
        for file, content in zip(req.file_system, given, strict=True)
    ]
    here = {cid: content for cid, content in zip(cids, given, strict=True) if content is not None}
    owned = await _owned_among(ctx, [cid for cid in cids if cid not in here])
    files = []
    total = 0
    for index, (file, cid) in enumerate(zip(req.file_system, cids, strict=True)):
        if cid not in here:
            # What is read is kept: a short request may refer to one large asset very often.
            here[cid] = await _owned_content(ctx, file, cid, owned)
        content = here[cid]
        total += len(content)
        if total > limits.max_release_bytes:
            raise TooLarge(
                f"{file.filename}: with this file the app has more than {limits.max_release_bytes} bytes.",
                limit="max_release_bytes",
                value=limits.max_release_bytes,
            )
        files.append(_app_file(file, content, cid, f"fileSystem[{index}]", limits.max_file_bytes))
    return sorted(files, key=lambda file: sort_key(file.name))


def _given_content(file: VibeFile, where: str) -> bytes | None:
    """Return the bytes that *file* brings; None if it refers to others."""
    if isinstance(file, CodeBlock | StrAssetBlock):
        return to_utf8(file.content)
    if isinstance(file, Uint8AssetBlock):
        return read_bytes(file.content, where)
    return None


def _referred(file: VibeFile) -> Cid:
    assert isinstance(file, CodeRef | StrAssetRef | Uint8AssetRef), "every other type brings its content"
    return Cid(file.ref_id)


async def _owned_among(ctx: Ctx, cids: Sequence[Cid]) -> frozenset[Cid]:
    """Return those of *cids* that this user deployed before; found out for all of them at once."""
    if not cids:
        return frozenset()
    return await ctx.app.db.read(assets.list_owned_assets, ctx.asker.user_id, cids)


async def _owned_content(ctx: Ctx, file: VibeFile, cid: Cid, owned: frozenset[Cid]) -> bytes:
    """Return the bytes that a reference stands for.

    Raises:
        NotFound: they are not stored. Another user's asset is not found either: knowing a CID gives no right to it.
    """
    content = await ctx.app.db.read(assets.find_asset, cid) if cid in owned else None
    if content is None:
        raise NotFound(f"{file.filename}: no asset {cid[:100]!r} of yours is stored here: send its content.")
    return content


def _app_file(file: VibeFile, content: bytes, cid: Cid, where: str, max_bytes: int) -> AppFile:
    if len(content) > max_bytes:
        raise TooLarge(
            f"{file.filename}: {len(content)} bytes are too many for one file.",
            limit="max_file_bytes",
            value=max_bytes,
        )
    given_mime = "" if isinstance(file.mimetype, UnsetType) else file.mimetype
    # An empty type that was given stays empty, as in the reference; it is served as plain bytes.
    mime = (mime_of(file.filename) or OCTETS) if isinstance(file.mimetype, UnsetType) else file.mimetype
    return AppFile(
        name=file.filename,
        content=content,
        cid=cid,
        mime=check_mime(mime, f"{where}.mimetype"),
        given_mime=given_mime,
        lang=_lang(file, where),
        entry_point=file.entry_point is True,
    )


def check_mime(mime: str, where: str) -> str:
    """Return *mime* if it can stand in a header.

    Raises:
        BadRequest: it can't: it would break the answer, or smuggle a header in.
    """
    if len(mime) > MAX_MIME_CHARS or not mime.isascii() or not mime.isprintable() or mime != mime.strip():
        raise BadRequest(
            f"{where}: a MIME type of at most {MAX_MIME_CHARS} printable ASCII characters is wanted, without"
            " blanks round it."
        )
    return mime


def _lang(file: VibeFile, where: str) -> Lang | None:
    if isinstance(file, CodeBlock):
        return file.lang
    if not isinstance(file, CodeRef):
        return None
    lang = lang_of(file.filename)
    if lang is None:
        raise BadRequest(
            f"{where}.filename: the name of a code-ref says its language: .jsx, .js, .ts or .tsx."
        )
    return lang


# -- the transaction --------------------------------------------------------------------------------------


def _is_known(app: App, publish: Publish) -> bool:
    """Whether the release is there, built by us from the very same: then nothing needs compiling.

    One that the reference made is built anew, as what it made of JSX does not run everywhere; so is one that
    something was missing for, such as a package while the registry was down.
    """
    wanted = publish.wanted
    if wanted.app is None or wanted.user is None:
        return False
    row = app.db.get(apps.find_release, wanted.app, wanted.user, publish.fs_id)
    if row is None or row.user_id != wanted.user_id:
        return False
    extras = read_extras(row.extras_json)
    return extras is not None and extras.complete and extras.built_from == publish.built_from


async def _write(app: App, publish: Publish) -> apps.Release | None:
    """Run the transaction, and forget what was known of every app whose releases it changed."""
    wanted = publish.wanted
    try:
        saved = await app.db.write(_publish, app, publish)
    finally:
        # Whatever happened: an error may come from behind the commit. Bytes are kept by content and stay true.
        if wanted.app is not None and wanted.user is not None:
            app.releases.drop((wanted.app, wanted.user))
    if saved is None:
        return None
    for name in saved.evicted:
        app.releases.drop(name)
    return saved.release


def _publish(tx: Tx, app: App, publish: Publish) -> apps.Saved | None:
    """Bind slugs, store assets, save the release. None: it was thought to be there, but is gone by now."""
    config, wanted, built = app.config, publish.wanted, publish.built
    attempts = config.limits.slug_attempts
    user = slugs.bind_user_slug(
        tx, wanted.user_id, wanted.user, limit=config.max_user_slugs, attempts=attempts, words=app.random_slug
    )
    name = slugs.bind_app_slug(
        tx,
        wanted.user_id,
        user,
        wanted.app,
        limit=config.max_app_slugs,
        attempts=attempts,
        words=app.random_slug,
    )
    check_slug_pair(name, user)
    if built is None:
        there = apps.find_release(tx, name, user, publish.fs_id)
        if there is None:
            return None
        file_system, extras = there.file_system_json, there.extras_json
    else:
        for cid, content in built.assets.items():
            assets.put_asset(tx, cid, content)
        file_system, extras = encode(built.items).decode(), encode(built.extras).decode()
    new = apps.NewRelease(
        app_slug=name,
        user_slug=user,
        user_id=wanted.user_id,
        fs_id=publish.fs_id,
        mode=publish.mode,
        env_json=publish.env_json,
        file_system_json=file_system,
        extras_json=extras,
    )
    return apps.save_release(tx, new, limit=config.max_apps)
