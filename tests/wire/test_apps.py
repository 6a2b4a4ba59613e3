"""What lists of apps look like on the wire."""

import msgspec

from vibes_trio.wire.apps import ListedApp, Version


def test_what_is_not_known_is_left_out():
    told = msgspec.to_builtins(ListedApp(app_slug="garden", owner_handle="ada", updated="2026"))

    assert told == {"appSlug": "garden", "ownerHandle": "ada", "userSlug": "ada", "updated": "2026"}


def test_whether_a_version_is_published_is_always_told():
    version = Version(fs_id="z1", mode="dev", release_seq=1, created="2026", published=False)

    assert msgspec.to_builtins(version)["published"] is False
