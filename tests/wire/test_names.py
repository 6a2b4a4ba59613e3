"""Handles have two names on the wire."""

import msgspec
import pytest

from vibes_trio.errors import BadRequest
from vibes_trio.wire.apps import ReqListVersions, ResListVersions
from vibes_trio.wire.base import read_head, read_payload


def read(**members):
    payload = {"type": "vibes.diy.req-list-versions", "appSlug": "a"} | members
    envelope = {"tid": "1", "src": "a", "dst": "b", "ttl": 6, "payload": payload}
    return read_payload(msgspec.json.Decoder(ReqListVersions), read_head(msgspec.json.encode(envelope)))


@pytest.mark.parametrize("members", [{"userSlug": "ada"}, {"ownerHandle": "ada"}])
def test_one_name_is_both(members):
    request = read(**members)

    assert (request.owner_handle, request.user_slug) == ("ada", "ada")


def test_two_that_say_the_same_are_taken_as_they_are():
    request = read(ownerHandle="ada", userSlug="Ada")

    assert (request.owner_handle, request.user_slug) == ("ada", "Ada")


def test_none_is_none():
    assert (read().owner_handle, read().user_slug) == ("", "")


def test_two_different_ones_are_refused():
    with pytest.raises(BadRequest, match="two names of one thing"):
        read(ownerHandle="ada", userSlug="bob")


def test_an_answer_has_both():
    answer = ResListVersions(app_slug="a", owner_handle="ada", items=())

    assert msgspec.json.decode(msgspec.json.encode(answer)) == {
        "type": "vibes.diy.res-list-versions",
        "ownerHandle": "ada",
        "userSlug": "ada",
        "appSlug": "a",
        "items": [],
    }
