"""Secrets of apps: one a name, bounded, with their app."""

from dataclasses import replace

import pytest
from releases import ADA, Clock
from sealed import find_sealed

from vibes_trio.errors import LimitReached
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_secrets import Secret, list_secrets, put_secret, remove_secret
from vibes_trio.storage.slugs import bind_app_slug, bind_user_slug

APP = (AppSlug("garden"), UserSlug("ada"))
OTHER = (AppSlug("orchard"), UserSlug("ada"))
ONE = Secret("API_KEY", "1234", "", "ada")


async def test_a_secret_is_listed_and_replaced_by_its_name(inline: Database, clock: Clock) -> None:
    await inline.write(put_secret, APP, ONE, b"sealed", 9)
    await inline.write(put_secret, APP, replace(ONE, name="ANOTHER", last4=""), b"other", 9)
    clock.seconds += 1
    await inline.write(put_secret, APP, replace(ONE, last4="5678"), b"new", 9)

    another, key = await inline.get(list_secrets, APP)

    assert (another.name, another.updated) == ("ANOTHER", "2026-01-22T06:51:35.123Z")
    assert key == Secret("API_KEY", "5678", "2026-01-22T06:51:36.123Z", "ada")
    assert await inline.get(find_sealed, APP, "API_KEY") == b"new"
    assert await inline.get(find_sealed, OTHER, "API_KEY") is None


async def test_an_app_has_a_bounded_number_of_them(inline: Database) -> None:
    await inline.write(put_secret, APP, ONE, b"sealed", 1)

    with pytest.raises(LimitReached, match="1 secrets"):
        await inline.write(put_secret, APP, replace(ONE, name="MORE"), b"more", 1)

    await inline.write(put_secret, APP, ONE, b"again", 1)
    await inline.write(put_secret, OTHER, ONE, b"other", 1)


async def test_one_that_is_removed_is_gone_and_removing_it_again_is_nothing(inline: Database) -> None:
    await inline.write(put_secret, APP, ONE, b"sealed", 9)

    await inline.write(remove_secret, APP, "API_KEY")
    await inline.write(remove_secret, APP, "API_KEY")

    assert await inline.get(list_secrets, APP) == ()


async def test_secrets_follow_their_app_and_go_with_it(inline: Database) -> None:
    def bind(tx: Tx) -> None:
        bind_user_slug(tx, ADA, APP[1], limit=9, attempts=1, words=str)
        bind_app_slug(tx, ADA, APP[1], APP[0], limit=9, attempts=1, words=str)

    await inline.write(bind)
    await inline.write(put_secret, APP, ONE, b"sealed", 9)

    await inline.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET appSlug = 'orchard'"))
    assert await inline.get(find_sealed, OTHER, "API_KEY") == b"sealed"
    await inline.write(lambda tx: tx.execute("DELETE FROM AppSlugBindings"))
    assert await inline.get(list_secrets, OTHER) == ()
