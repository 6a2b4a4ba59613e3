"""Contents of files, immutable, kept once under the CID of their bytes."""

from collections.abc import Iterable, Iterator, Mapping

from vibes_trio.exchange import Cid, UserId
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.slices import PACK_ROWS, marks, packs, slices

PACK_BYTES = 256 * 1024
"""So much is written with one statement, which holds a copy of it."""


def put_asset(tx: Tx, cid: Cid, content: bytes) -> None:
    """Keep *content*, whose CID *cid* is. One that is kept already stays as it is."""
    tx.execute(
        "INSERT INTO Assets (assetId, content, created) VALUES (?, ?, ?) ON CONFLICT (assetId) DO NOTHING",
        (cid, content, tx.now),
    )


def put_assets(tx: Tx, contents: Mapping[Cid, bytes]) -> None:
    """Do what `put_asset` does for several, those that are short with one statement.

    The thread waits for the event loop at each statement: an app of 500 files took a third of a second, and whoever
    else wanted to write waited for all of it.
    """
    for some in in_packs(contents):
        each = ", ".join([f"({marks(3)})"] * len(some))
        tx.execute(
            f"INSERT INTO Assets (assetId, content, created) VALUES {each} ON CONFLICT (assetId) DO NOTHING",
            [value for cid, content in some.items() for value in (cid, content, tx.now)],
        )


def put_missing(tx: Tx, contents: Mapping[Cid, bytes]) -> None:
    """Do what `put_assets` does for several that are most likely there: nothing is written then.

    One row is read: at each the thread waits for the event loop.
    """
    for cids in packs(tuple(contents)):
        ((there,),) = tx.execute(f"SELECT count(*) FROM Assets WHERE assetId IN ({marks(len(cids))})", cids)
        if there < len(cids):
            put_assets(tx, {cid: contents[cid] for cid in cids})


def in_packs(
    contents: Mapping[Cid, bytes], most_bytes: int = PACK_BYTES, most_rows: int = PACK_ROWS
) -> Iterator[dict[Cid, bytes]]:
    """Yield *contents* in parts of at most *most_bytes* and *most_rows* together, or one that has more bytes."""
    pack: dict[Cid, bytes] = {}
    size = 0
    for cid, content in contents.items():
        if pack and (size + len(content) > most_bytes or len(pack) == most_rows):
            yield pack
            pack, size = {}, 0
        pack[cid] = content
        size += len(content)
    if pack:
        yield pack


def find_asset(tx: Tx, cid: Cid) -> bytes | None:
    """Return the bytes of *cid*, whoever put them there."""
    rows = tx.execute("SELECT content FROM Assets WHERE assetId = ?", (cid,))
    return _as_bytes(rows[0][0]) if rows else None


def list_owned_assets(tx: Tx, user_id: UserId, cids: Iterable[Cid]) -> frozenset[Cid]:
    """Return those of *cids* that a release of *user_id* refers to, so that he may refer to them again.

    Knowing a CID gives no right to the bytes. Only the members that hold an asset's id count, not the
    file names, which the user chooses: see `release_assets.py`.
    """
    owned: set[Cid] = set()
    for some in slices(tuple(cids)):
        rows = tx.execute(
            f"SELECT assetId FROM UserAssets WHERE assetId IN ({marks(len(some))}) AND userId = ? AND owned > 0",
            (*some, user_id),
        )
        owned.update(Cid(row[0]) for row in rows)
    return frozenset(owned)


def list_garbage(
    tx: Tx, *, older_than: str, at_most: int, max_bytes: int, spared: frozenset[Cid] = frozenset()
) -> tuple[Cid, ...]:
    """Return some of the assets put before *older_than* (as `Tx.now`) that no release names, the oldest first.

    At most *at_most* of them, with *max_bytes* together, or one that alone has more; none of *spared*. For a reader:
    it gives the interpreter away at each row, which would hold up all who write.
    It costs what is found, however much there is: uses are counted as releases come and go.
    """
    found = tx.execute(
        "SELECT assetId, (SELECT length(content) FROM Assets WHERE Assets.assetId = AssetUses.assetId)"
        f" FROM AssetUses WHERE {_IS_IDLE} ORDER BY created LIMIT ?",
        (older_than, at_most + len(spared)),
    )
    idle: list[Cid] = []
    total = 0
    for asset_id, size in found:
        if asset_id in spared:
            continue
        total += size or 0
        if idle and total > max_bytes:
            break
        idle.append(Cid(asset_id))
    return tuple(idle[:at_most])


def remove_garbage(tx: Tx, cids: Iterable[Cid]) -> None:
    """Remove those of *cids* that no release names, whatever was true when they were listed."""
    for some in packs(tuple(cids)):
        each = marks(len(some))
        tx.execute(
            f"DELETE FROM Assets WHERE assetId IN ({each})"
            f" AND assetId IN (SELECT assetId FROM AssetUses WHERE uses = 0 AND assetId IN ({each}))",
            (*some, *some),
        )
        # Ids of assets that never were: the others went by themselves.
        tx.execute(f"DELETE FROM AssetUses WHERE uses = 0 AND assetId IN ({each})", some)


_IS_IDLE = "uses = 0 AND created < ?"


def _as_bytes(content: bytes | str) -> bytes:
    # SQLite keeps what it is given, and other programs have given text to a blob column.
    return content.encode() if isinstance(content, str) else content
