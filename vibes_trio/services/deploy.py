"""ensureAppSlug: publish an app.

Compiling and looking package versions up come first; then slugs, limits, assets and the release are one
transaction, so a deploy that fails at any step leaves nothing behind. Of a large one the assets are put ahead, in
small transactions: what fails then is swept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import trio
from msgspec import structs

from vibes_trio.content.cid import calc_cid, calc_fs_id
from vibes_trio.content.collation import sort_key
from vibes_trio.content.module_hosts import of_editors
from vibes_trio.content.project import Project
from vibes_trio.content.project_words import tell_entries, tell_hosts
from vibes_trio.content.slugs import check_slug_pair, own_names, parse_slug_pair
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, NotFound, TooLarge
from vibes_trio.exchange import AppSlug, Cid, FsId, UserId, UserSlug
from vibes_trio.jobs import Sweep, WarmRelease
from vibes_trio.services.access import relation_if_there
from vibes_trio.services.app_build import Whole, find_glance, keep_glance, look_at_whole
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.app_log import deployed, note
from vibes_trio.services.build import Built, build_release
from vibes_trio.services.fonts import fetch_after_deploy, find_fonts, own_addresses
from vibes_trio.services.given import Deploy, GivenFile, read_deploy, too_large_file
from vibes_trio.services.packages import build_after_deploy, module_warnings, told_once, with_known_lock
from vibes_trio.services.progress import Teller
from vibes_trio.services.releases import Extras, read_env, read_extras
from vibes_trio.services.stored_settings import keep_access
from vibes_trio.steps import Steps, run_in_turns
from vibes_trio.storage import apps, assets, slugs
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.eviction import Evicted
from vibes_trio.storage.interface import DiskShort, Tx
from vibes_trio.storage.release_rows import Mode, NewRelease, Release
from vibes_trio.urls import entry_point_url, wrapper_url
from vibes_trio.wire.access import Relation
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug
from vibes_trio.wire.files import read_items
from vibes_trio.wire.restrictions import SAYS_NOTHING, AppAccess

SORTED_AT_ONCE = 64
ROW_BYTES = 1024
"""What it takes to write a row, in bytes of one that is long."""
MAX_NAMED = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a deploy wants to go, under a handle of *user_id*. None: a random slug.

    *by*: who deploys: the same, or an editor of the app.
    """

    user_id: UserId
    app: AppSlug | None
    user: UserSlug | None
    by: UserId


@dataclass(frozen=True, slots=True)
class Publish:
    """All that the transaction needs. *built* is None when the release is there already.

    Attributes:
        built_from: tells apart what the fsId does not: see `Extras.built_from`.
    """

    wanted: Wanted
    fs_id: FsId
    built_from: Cid
    mode: Mode
    env_json: str
    built: Built | None
    run_id: str = ""
    message: str = ""
    access: AppAccess = SAYS_NOTHING


async def ensure_app_slug(ctx: Ctx, req: ReqEnsureAppSlug | Deploy) -> ResEnsureAppSlug:
    """Publish the files of *req* and return where they are. Safe to repeat: the same files make no second release.

    Raises:
        BadRequest: a slug, file name or file that can't be; says which.
        TooLarge: a limit of `config.limits` on files; names it.
        NotFound: a `refId` that no asset of this user has.
        TransformFailed: a module does not compile; file, line, column.
        SlugTaken, LimitReached, NoSuchSlugLeft: see `storage.slugs`, `storage.apps`.
        Overloaded: the disk is nearly full, or too much waits.
    """
    app = ctx.app
    wanted = read_wanted(app, ctx.asker.user_id, req)
    deploy = req if isinstance(req, Deploy) else await run_in_turns(read_deploy(req, app.config.limits))
    files = await read_files(ctx, deploy.files)
    teller = Teller(ctx, wanted=deploy.progress)
    teller.received(files)
    await trio.lowlevel.checkpoint()  # what is done for each file adds up
    fs_id = calc_fs_id([(file.name, file.given_mime, file.cid) for file in files], deploy.env)
    same = (fs_id, calc_built_from(files, deploy.entry_point))
    glance, whole = find_glance(app, same), None
    if glance is None:
        whole = await _look(app, deploy, files)
        glance = keep_glance(app, same, whole, await find_fonts(app, files))
    project = glance.project
    built_from = calc_built_from(files, deploy.entry_point, glance.recipe) if glance.recipe else same[1]
    wanted, there = await app.db.get(_find_known, wanted, fs_id)
    publish = Publish(wanted, fs_id, built_from, deploy.mode, encode(deploy.env).decode(), None)
    publish = replace(publish, run_id=deploy.run_id, message=deploy.message, access=deploy.access)
    saved = await _write(app, publish) if _is_as_built(there, publish) else None
    warnings = project.warnings + project.notes
    built: Built | None = None
    if saved is None:
        whole = whole or await _look(app, deploy, files)
        built = await build_release(
            app, wanted.user_id, files, deploy.entry_point, built_from, whole, deploy.env, fs_id
        )
        named = structs.replace(built.extras, fonts=glance.fonts)
        extras, kept = await with_known_lock(app, named, built.import_map)
        built = replace(built, extras=extras, assets={**built.assets, **kept})
        saved = await _write(app, replace(publish, built=built))
        warnings += built.warnings
    assert saved is not None, "a release with its content was published"
    teller.compiled()
    release = saved.release
    warnings += eviction_warnings(saved.evicted)
    is_late = release.fs_id != fs_id  # its run has a release that stands
    noted = read_extras(release.extras_json) if built is None or is_late else built.extras
    if noted is not None and not project.entries:
        warnings += tell_entries(project, [noted.sources.get(root, root) for root in noted.roots])
    if noted is not None and app.modules is not None:  # else pages may ask everybody
        warnings += _tell_hosts(app, project, noted)
    if noted is not None and app.home is not None:
        name = (release.app_slug, release.user_slug, release.fs_id)
        await build_after_deploy(app, name, noted)
        if teller.tells:
            await teller.packages(app, name)
            noted = await _notes_now(app, release) or noted
        warnings = told_once(warnings, noted) + module_warnings(app, noted)
    teller.ready()
    warnings += fetch_after_deploy(app, glance.fonts, wanted.user_id)
    if deploy.mode == "production":
        app.jobs.add(WarmRelease(release.app_slug, release.user_slug))
    return _response(app, deploy, release, warnings)


async def _notes_now(app: App, release: Release) -> Extras | None:
    row = await app.db.get(apps.find_release, release.app_slug, release.user_slug, release.fs_id)
    return read_extras(row.extras_json) if row is not None else None


async def _look(app: App, deploy: Deploy, files: Sequence[AppFile]) -> Whole:
    return await look_at_whole(files, deploy.entry_point, deploy.env, can_bundle=app.compiler.can_bundle)


def _tell_hosts(app: App, project: Project, noted: Extras) -> tuple[str, ...]:
    """Return what the page, and its modules, ask other hosts for in vain."""
    hosts = app.config.page_hosts
    packages = noted.packages if app.home is not None else tuple(noted.modules)
    local = (
        {text: text for text in packages} | own_addresses(app, project.remote) | of_editors(project.remote)
    )
    return tell_hosts(project, noted.elsewhere, hosts, local)


def _response(app: App, deploy: Deploy, release: Release, warnings: tuple[str, ...]) -> ResEnsureAppSlug:
    config = app.config
    user, name, fs_id = release.user_slug, release.app_slug, release.fs_id
    return ResEnsureAppSlug(
        app_slug=name,
        owner_handle=user,
        mode=release.mode if deploy.run_id else deploy.mode,
        fs_id=fs_id,
        env=read_env(release.env_json),
        file_system=read_items(release.file_system_json),
        wrapper_url=wrapper_url(config.wrapper_base_url, user, name, fs_id),
        entry_point_url=entry_point_url(config.protocol, config.hostname_base, name, user, fs_id),
        warnings=warnings,
        run_id=deploy.run_id,
        message=deploy.message,
    )


# -- what was asked ---------------------------------------------------------------------------------------


def read_wanted(app: App, user_id: UserId, req: ReqEnsureAppSlug | Deploy) -> Wanted:
    """Return where *req* wants to go.

    Raises:
        BadRequest: a slug that can't be one.
    """
    own = own_names(app.config.hostname_base)
    return Wanted(user_id, *parse_slug_pair(req.app_slug, req.user_slug, own), by=user_id)


def _for_owner(tx: Tx, wanted: Wanted) -> tuple[Wanted, AppState | None]:
    """Return *wanted*, as the app's owner's if who deploys is an editor of it, and that app, if it is there."""
    if wanted.app is None or wanted.user is None:
        return wanted, None
    there = find_app(tx, wanted.app, wanted.user)
    relation = relation_if_there(tx, (wanted.app, wanted.user), there, wanted.by)
    if there is not None and relation is Relation.EDITOR:
        return replace(wanted, user_id=there.user_id), there
    return replace(wanted, user_id=wanted.by), there


def calc_built_from(files: Sequence[AppFile], entry_point: str, recipe: str = "") -> Cid:
    """Return an id of what decides about a release beside its fsId: the entry point, the languages, the types; and
    the *recipe* by which the app is built as a whole, if it is."""
    recipes = [recipe] if recipe else []
    return calc_cid(encode([entry_point, *((file.lang, file.mime) for file in files), *recipes]))


async def read_files(ctx: Ctx, given: Sequence[GivenFile]) -> list[AppFile]:
    """Return the files of a deploy, sorted by name, references replaced by what they refer to.

    Raises:
        BadRequest: a reference to a module whose language its name does not say.
        TooLarge: one is, or all together.
        NotFound: a reference to nothing.
    """
    limits = ctx.app.config.limits
    here = {file.cid: file.content for file in given if file.content is not None}
    owned = await _owned_among(ctx, [file.cid for file in given if file.cid not in here])
    files = []
    total = 0
    for index, file in enumerate(given):
        if file.cid not in here:
            # What is read is kept: a short request may refer to one large asset very often.
            here[file.cid] = await _owned_content(ctx, file, owned)
        if file.is_code and file.lang is None:
            raise BadRequest(
                f"fileSystem[{index}].filename: the name of a code-ref says its language: .jsx, .js, .ts or .tsx."
            )
        content = here[file.cid]
        total += len(content)
        if len(content) > limits.max_file_bytes:
            raise too_large_file(file.name, len(content), limits)
        if total > limits.max_release_bytes:
            raise TooLarge(
                f"{file.name}: with this file the app has more than {limits.max_release_bytes} bytes.",
                limit="max_release_bytes",
                value=limits.max_release_bytes,
            )
        files.append(
            AppFile(file.name, content, file.cid, file.mime, file.given_mime, file.lang, file.entry_point)
        )
    return await run_in_turns(_sort(files))


def _sort(files: list[AppFile]) -> Steps[list[AppFile]]:
    for index, file in enumerate(files):
        sort_key(file.name)  # and is remembered: a long name costs 10 µs
        if index % SORTED_AT_ONCE == SORTED_AT_ONCE - 1:
            yield
    return sorted(files, key=lambda file: sort_key(file.name))


async def _owned_among(ctx: Ctx, cids: Sequence[Cid]) -> frozenset[Cid]:
    """Return those of *cids* that this user deployed before; found out for all of them at once."""
    if not cids:
        return frozenset()
    return await ctx.app.db.read(assets.list_owned_assets, ctx.asker.user_id, cids)


async def _owned_content(ctx: Ctx, file: GivenFile, owned: frozenset[Cid]) -> bytes:
    """Return the bytes that a reference stands for.

    Raises:
        NotFound: they are not stored. Another user's asset is not found either: knowing a CID gives no right to it.
    """
    content = await ctx.app.db.read(assets.find_asset, file.cid) if file.cid in owned else None
    if content is None:
        raise NotFound(f"{file.name}: no asset {file.cid[:100]!r} of yours is stored here: send its content.")
    return content


# -- the transaction --------------------------------------------------------------------------------------


def _find_known(tx: Tx, wanted: Wanted, fs_id: FsId) -> tuple[Wanted, Release | None]:
    """Return *wanted* as `_for_owner` does, and the release with that content, if it is there."""
    if wanted.app is None or wanted.user is None:
        return wanted, None
    there = apps.find_release(tx, wanted.app, wanted.user, fs_id)
    if there is None or there.user_id != wanted.by:
        wanted, _ = _for_owner(tx, wanted)
    return wanted, there


def _is_as_built(row: Release | None, publish: Publish) -> bool:
    """Whether the release is there, built by us from the very same: then nothing needs compiling.

    One that the reference made is built anew, as what it made of JSX does not run everywhere; so is one that
    something was missing for, such as a package while the registry was down.
    """
    if row is None or row.user_id != publish.wanted.user_id:
        return False
    extras = read_extras(row.extras_json)
    return extras is not None and extras.complete and extras.built_from == publish.built_from


def eviction_warnings(evicted: Sequence[Evicted]) -> tuple[str, ...]:
    """Return what an author should know of releases that made room: which production ones went.

    Dev releases come and go by themselves.
    """
    names = [f"{e.app_slug}--{e.user_slug}/~{e.fs_id}~" for e in evicted if e.was_production]
    if not names:
        return ()
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (
        f"Older production releases made room for this one and are not served any more: "
        f"{', '.join(names[:MAX_NAMED])}{more}. How much is kept is said by MAX_APPS_PER_USER_ID and "
        "MAX_APP_BYTES_PER_USER_ID.",
    )


async def _write(app: App, publish: Publish) -> apps.Saved | None:
    """Run the transaction. Who keeps releases in memory hears of it from the feed."""
    brought = publish.built.assets if publish.built is not None else {}
    size = _size_of(brought)
    ahead = brought if size >= app.config.limits.long_write_bytes else {}
    left = len(brought) * ROW_BYTES if ahead else size
    with app.landing.hold(ahead):
        try:
            await _put_ahead(app, ahead)
            saved = await app.db.write_long(left, _publish, app, publish)
        except BaseException as error:
            if ahead or isinstance(error, DiskShort):
                app.jobs.add(Sweep(evicted=True))  # of what was put in vain, or is left over from before
            raise
    if saved is not None and saved.evicted:
        app.counts.cells("removed")[("releases",)].value += len(saved.evicted)
        app.jobs.add(Sweep(evicted=True))
    return saved


async def _put_ahead(app: App, ahead: Mapping[Cid, bytes]) -> None:
    """Put the assets of a large deploy, some at a time: whoever adds a line to a chat comes between.

    Until the release names them nobody sees them; should it never come to that, a sweep removes them.
    """
    limits = app.config.limits
    for some in assets.in_packs(ahead, limits.put_ahead_bytes, limits.put_ahead_assets):
        await app.db.write_long(max(_size_of(some), limits.long_write_bytes), _put, some)


def _put(tx: Tx, some: Mapping[Cid, bytes]) -> None:
    tx.check_room(sum(map(len, some.values())))
    assets.put_missing(tx, some)


def _size_of(brought: Mapping[Cid, bytes]) -> int:
    """Return how many bytes of files these are; a file takes some time however short it is."""
    return sum(len(content) + ROW_BYTES for content in brought.values())


def _publish(tx: Tx, app: App, publish: Publish) -> apps.Saved | None:
    """Bind slugs, store assets, save the release. None: it was thought to be there, but is gone by now."""
    config, built, there = app.config, publish.built, None
    wanted, found = _for_owner(tx, publish.wanted)
    if built is not None:
        tx.check_room(sum(map(len, built.assets.values())))
    bound = _bind(tx, app, wanted, found)
    name, user = bound.app_slug, bound.user_slug
    # Before anything of it is there to be seen.
    keep_access(tx, bound, publish.access, is_owner=wanted.by == wanted.user_id)
    if built is None:
        there = apps.find_release(tx, name, user, publish.fs_id)
        if there is None:
            return None
        file_system, extras = there.file_system_json, there.extras_json
    else:
        assets.put_missing(tx, built.assets)
        file_system, extras = encode(built.items).decode(), encode(built.extras).decode()
    new = NewRelease(
        app_slug=name,
        user_slug=user,
        user_id=wanted.user_id,
        fs_id=publish.fs_id,
        mode=publish.mode,
        env_json=publish.env_json,
        file_system_json=file_system,
        extras_json=extras,
        size=sum(item.size for item in read_items(file_system)),
        run_id=publish.run_id,
        message=publish.message,
        deployed_by=wanted.by,
    )
    saved = apps.save_release(tx, new, limit=config.max_apps, max_bytes=config.max_app_bytes, known=there)
    if built is not None or _changes(there, saved.release):
        note(tx, app, (name, user), deployed(saved.release, wanted.by, publish.message))
    return saved


def _changes(there: Release | None, now: Release) -> bool:
    """Whether a deploy of what was *there* made it be something else."""
    return there is None or (there.release_seq, there.mode) != (now.release_seq, now.mode)


def _bind(tx: Tx, app: App, wanted: Wanted, found: AppState | None) -> AppState:
    """Return the app that *wanted* names: *found*, or one that is made; its handle is bound if it isn't yet."""
    config, attempts = app.config, app.config.limits.slug_attempts
    user = slugs.bind_user_slug(
        tx, wanted.user_id, wanted.user, limit=config.max_user_slugs, attempts=attempts, words=app.random_slug
    )
    if found is None:
        name = slugs.bind_app_slug(
            tx,
            wanted.user_id,
            user,
            wanted.app,
            limit=config.max_app_slugs,
            attempts=attempts,
            words=app.random_slug,
        )
        found = find_app(tx, name, user)
    assert found is not None, "its slug was bound just now"
    check_slug_pair(found.app_slug, user)
    return found
