"""What a client reads of itself."""

import msgspec

from vibes_trio.wire.me import Handle, ReqEnsureUserSettings


def test_a_handle_has_all_that_newer_clients_want():
    told = msgspec.to_builtins(Handle(owner_handle="ada", tenant="", created="2026", app_slug_count=0))

    assert told == {
        "ownerHandle": "ada",
        "userSlug": "ada",
        "tenant": "",
        "created": "2026",
        "appSlugCount": 0,
    }


def test_settings_stay_as_they_were_sent():
    text = b'{"type":"vibes.diy.req-ensure-user-settings","settings":[{"type":"x","deep":{"a": [1, 2]}}]}'

    request = msgspec.json.decode(text, type=ReqEnsureUserSettings)

    assert b'{"a": [1, 2]}' in msgspec.json.encode(request.settings)
