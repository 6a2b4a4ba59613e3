"""Uploads: files that come by HTTP, each for an app, whole or in parts; and by which grants.

One that is whole is an asset that its user has, as if a release named it. Its parts are kept until then, each on disk
when it is acknowledged. Times are ISO text.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from vibes_trio.errors import BadRequest, LimitReached, NotFound
from vibes_trio.exchange import AppSlug, Cid, UserId, UserSlug
from vibes_trio.storage.assets import put_asset
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.usage import get_usage, limit_reached

_NOT_YET = Cid("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload, granted or done.

    Attributes:
        upload_id: names it; only who was given it can ask for the file.
        grant_hash: of the secret by which it may be sent.
        expires: until when that may be.
        cid: of the file; empty: it is not whole yet.
        size: of what is here of it, in bytes.
    """

    upload_id: str
    user_id: UserId
    user_slug: UserSlug
    app_slug: AppSlug
    grant_hash: str
    mime: str
    created: str
    expires: str
    cid: Cid = _NOT_YET
    size: int = 0


_COLUMNS = "uploadId, userId, userSlug, appSlug, grantHash, mimeType, created, expires, assetId, size"
_IS_OPEN = "userId = ? AND assetId = ''"


def open_upload(tx: Tx, upload: Upload, at_most: int) -> None:
    """Keep *upload*, which was granted now. Those of its user that ran out go.

    Raises:
        LimitReached: the user has *at_most* under way.
    """
    rows = tx.execute(
        f"SELECT uploadId FROM Uploads WHERE {_IS_OPEN} AND expires <= ?", (upload.user_id, tx.now)
    )
    for (upload_id,) in rows:
        _drop(tx, upload_id)
    ((held,),) = tx.execute(f"SELECT count(*) FROM Uploads WHERE {_IS_OPEN}", (upload.user_id,))
    if held >= at_most:
        raise LimitReached(
            f"You have {held} uploads under way, as many as may be: finish one, or wait until it runs out.",
            limit="open_uploads",
            value=at_most,
        )
    tx.execute(
        f"INSERT INTO Uploads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0)",
        (
            upload.upload_id,
            upload.user_id,
            upload.user_slug,
            upload.app_slug,
            upload.grant_hash,
            upload.mime,
            upload.created,
            upload.expires,
        ),
    )


def find_upload(tx: Tx, upload_id: str) -> Upload | None:
    """Return the upload, if there is one of that id."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM Uploads WHERE uploadId = ?", (upload_id,))
    if not rows:
        return None
    upload_id, user_id, user, app, grant_hash, mime, created, expires, cid, size = rows[0]
    return Upload(
        upload_id=upload_id,
        user_id=UserId(user_id),
        user_slug=UserSlug(user),
        app_slug=AppSlug(app),
        grant_hash=grant_hash,
        mime=mime,
        created=created,
        expires=expires,
        cid=Cid(cid),
        size=size,
    )


def add_part(tx: Tx, upload: Upload, start: int, content: bytes, max_bytes: int) -> int:
    """Keep *content*, which begins at byte *start* of the file; return how much of it is here then.

    Args:
        max_bytes: as of `check_quota`.

    Raises:
        BadRequest: *start* is not where the file goes on.
        LimitReached: see `check_quota`.
        DiskShort: the disk is nearly full.
    """
    rows = tx.execute(
        "UPDATE Uploads SET size = size + ? WHERE uploadId = ? AND assetId = '' AND size = ? RETURNING size",
        (len(content), upload.upload_id, start),
    )
    if not rows:
        there = find_upload(tx, upload.upload_id)
        received = there.size if there is not None else 0
        raise BadRequest(
            f"Upload-Offset: {received} bytes of the file are here, so it goes on at {received}.",
            received=received,
        )
    tx.check_room(len(content))
    check_quota(tx, upload.user_id, 0, max_bytes)
    if content:
        tx.execute(
            "INSERT INTO UploadParts (uploadId, start, content) VALUES (?, ?, ?)",
            (upload.upload_id, start, content),
        )
    return int(rows[0][0])


def finish_upload(tx: Tx, upload: Upload, calc_cid: Callable[[bytes], Cid], max_bytes: int) -> Upload:
    """Put the parts of *upload* together, and return it as it is then. One that is whole already stays as it is.

    Raises:
        NotFound: it ran out, and is forgotten.
        LimitReached: see `check_quota`.
    """
    there = find_upload(tx, upload.upload_id)
    if there is None:
        raise NotFound("This upload ran out before its file was whole: ask for another grant.")
    if there.cid:  # who sends the end again came first
        return there
    parts = tx.execute(
        "SELECT content FROM UploadParts WHERE uploadId = ? ORDER BY start", (upload.upload_id,)
    )
    content = b"".join(part for (part,) in parts)
    cid = calc_cid(content)
    tx.execute("DELETE FROM UploadParts WHERE uploadId = ?", (upload.upload_id,))
    put_asset(tx, cid, content)
    tx.execute(
        "UPDATE Uploads SET assetId = ?, size = ? WHERE uploadId = ?", (cid, len(content), upload.upload_id)
    )
    check_quota(tx, upload.user_id, 0, max_bytes)
    return replace(there, cid=cid, size=len(content))


def check_quota(tx: Tx, user_id: UserId, more: int, max_bytes: int) -> None:
    """Make sure that *user_id* keeps, with *more* bytes, no more than *max_bytes* (MAX_APP_BYTES_PER_USER_ID).

    Raises:
        LimitReached: it would be more.
    """
    ((parts,),) = tx.execute(f"SELECT coalesce(sum(size), 0) FROM Uploads WHERE {_IS_OPEN}", (user_id,))
    if get_usage(tx, user_id).release_bytes + parts + more > max_bytes:
        raise limit_reached(
            "Your apps and uploads would have more bytes", "MAX_APP_BYTES_PER_USER_ID", max_bytes
        )


def drop_expired(tx: Tx, at_most: int) -> int:
    """Forget some of the uploads that ran out before they were whole, with their parts; return how many."""
    rows = tx.execute(
        "SELECT uploadId FROM Uploads WHERE assetId = '' AND expires <= ? ORDER BY expires LIMIT ?",
        (tx.now, at_most),
    )
    for (upload_id,) in rows:
        _drop(tx, upload_id)
    return len(rows)


def _drop(tx: Tx, upload_id: str) -> None:
    tx.execute("DELETE FROM UploadParts WHERE uploadId = ?", (upload_id,))
    tx.execute("DELETE FROM Uploads WHERE uploadId = ?", (upload_id,))
