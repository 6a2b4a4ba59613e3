"""Which assets each release names. What is garbage, what a user counts for and what he may refer to follow from it.

Each text in a manifest that reads like an asset's id counts, once a release: a kind of reference that is added later
must not lose its bytes. Only the members that hold the content of a file give the right to refer to it again, not the
file names, which the user chooses.

Where a release gets another number, or goes, the engine lets its rows follow.
"""

import re

from vibes_trio.storage.interface import Tx, Value
from vibes_trio.storage.slices import marks, packs

# Exact for JSON: a quote behind a backslash is within a text, and none that closes one stands before a letter. Texts of
# letters and digits are escaped by no encoder. (To take thousands of files apart would cost a hundred times as much.)
_ID = "(z[0-9A-Za-z]{0,127})"
_NAMED = re.compile(rf'(?<!\\)"{_ID}"(?!\s*:)')
_OWNED = re.compile(rf'(?<!\\)"(?:assetId|transformedAssetId|importMapAssetId)"\s*:\s*"{_ID}"')

_IS_OF = "appSlug = ? AND userId = ? AND userSlug = ? AND releaseSeq = ?"
_COLUMNS = "appSlug, userId, userSlug, releaseSeq, assetId, owned"

Key = tuple[str, str, str, int]
"""App slug, user id, user slug and number of a release."""


def find_assets(file_system_json: str, extras_json: str | None) -> dict[str, int]:
    """Return the ids that a manifest names, each with 1 if it is the content of a file, else 0."""
    named = dict.fromkeys(_NAMED.findall(file_system_json), 0)
    named |= dict.fromkeys(_NAMED.findall(extras_json or ""), 0)
    return named | dict.fromkeys(_OWNED.findall(file_system_json), 1)


def note_assets(tx: Tx, key: Key, file_system_json: str, extras_json: str | None) -> None:
    """Let it be known what the release of that *key* names now."""
    named = find_assets(file_system_json, extras_json)
    there: dict[str, int] = dict(tx.execute(f"SELECT assetId, owned FROM ReleaseAssets WHERE {_IS_OF}", key))
    gone = [asset_id for asset_id, owned in there.items() if named.get(asset_id) != owned]
    for ids in packs(gone):
        tx.execute(
            f"DELETE FROM ReleaseAssets WHERE {_IS_OF} AND assetId IN ({marks(len(ids))})", (*key, *ids)
        )
    new = [(*key, asset_id, owned) for asset_id, owned in named.items() if there.get(asset_id) != owned]
    for rows in packs(new):
        values: list[Value] = [value for row in rows for value in row]
        each = ", ".join([f"({marks(6)})"] * len(rows))
        tx.execute(f"INSERT INTO ReleaseAssets ({_COLUMNS}) VALUES {each}", values)
