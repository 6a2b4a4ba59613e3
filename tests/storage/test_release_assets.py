"""What of a manifest names an asset: found in its text, exactly as taking it apart would find it."""

import json

from hypothesis import given
from hypothesis import strategies as st
from releases import ADA

from vibes_trio.storage import Database, Tx
from vibes_trio.storage.release_assets import find_assets, note_assets

OWNING = ("assetId", "transformedAssetId", "importMapAssetId")
KEY = ("todo", ADA, "ada", 1)


def taken_apart(file_system: object, extras: object) -> dict[str, int]:
    """The definition: each text of letters and digits that begins with z; owned where it is the value of a name."""
    named: dict[str, int] = {}

    def walk(value: object, name: str, counts: bool) -> None:
        if isinstance(value, dict):
            for member, inner in value.items():
                walk(inner, member, counts)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, "", counts)
        elif isinstance(value, str) and is_id(value):
            named[value] = max(named.get(value, 0), int(counts and name in OWNING))

    walk(file_system, "", True)
    walk(extras, "", False)
    return named


def is_id(text: str) -> bool:
    return text.startswith("z") and len(text) <= 128 and text.isascii() and text.isalnum()


TEXTS = st.one_of(
    st.sampled_from(
        ["zA", "zB", 'x"zA', '"zA"', 'zA"', "\\", '\\"zA', 'assetId":"zA', "assetId", "zé", "z A", "z"]
    ),
    st.text(alphabet='z"\\A:, é', max_size=8),
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.sampled_from([*OWNING, "fileName", "zA", 'x"assetId']), TEXTS), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


@given(VALUES, VALUES, st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]), st.booleans())
def test_it_is_what_taking_the_json_apart_finds(
    file_system: object, extras: object, separators: tuple[str, str], is_ascii: bool
) -> None:
    texts = [
        json.dumps(value, separators=separators, ensure_ascii=is_ascii) for value in (file_system, extras)
    ]

    assert find_assets(*texts) == taken_apart(file_system, extras)


def test_an_id_has_128_letters_at_most_and_extras_may_lack() -> None:
    longest = "z" + "1" * 127

    assert find_assets(json.dumps([longest, longest + "1"]), None) == {longest: 0}


async def test_what_is_noted_again_is_as_it_is_then(inline: Database) -> None:
    """Also where an id stays but gives another right."""

    def note(tx: Tx, *names: str) -> list[tuple[object, ...]]:
        note_assets(
            tx, KEY, json.dumps([{name: f"z{name}"} for name in names]), json.dumps({"x": "zassetId"})
        )
        return sorted(tx.execute("SELECT assetId, owned FROM ReleaseAssets"))

    await inline.write(
        lambda tx: tx.execute(
            "INSERT INTO Apps (appSlug, userId, userSlug, releaseSeq, fsId, env, fileSystem, mode, created)"
            " VALUES (?, ?, ?, ?, 'f', '{}', '[]', 'dev', '')",
            KEY,
        )
    )

    assert await inline.write(note, "assetId", "more") == [("zassetId", 1), ("zmore", 0)]
    assert await inline.write(note, "other") == [("zassetId", 0), ("zother", 0)]
    assert await inline.write(note) == [("zassetId", 0)]
