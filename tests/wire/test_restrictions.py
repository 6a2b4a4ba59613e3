"""Members that restrict are refused, not ignored; those that restrict nothing are as if they were not there."""

import json

import msgspec
import pytest

from vibes_trio.errors import BadRequest
from vibes_trio.wire.base import Request, encode, read_head, read_payload
from vibes_trio.wire.chat import ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.restrictions import RESTRICTIONS, Restrictable, find_restriction, read_access

DEPLOY = {"type": "vibes.diy.req-ensure-app-slug", "mode": "production", "fileSystem": []}


def read(**members):
    message = {"tid": "1", "src": "a", "dst": "b", "ttl": 6, "payload": DEPLOY | members}
    return read_payload(msgspec.json.Decoder(ReqEnsureAppSlug), read_head(json.dumps(message).encode()))


def all_below(cls):
    for child in cls.__subclasses__():
        yield child
        yield from all_below(child)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("posture", "something to come"),
        ("posture", None),
        ("posture", 0),
        ("access", {"read": ["members"]}),
        ("access", False),
        ("anonWrite", ["off"]),
    ],
)
def test_what_restricts_is_refused_by_its_name_and_with_what_to_leave_out(member, value):
    with pytest.raises(BadRequest) as refused:
        read(**{member: value})

    assert f"`{member}`" in refused.value.message
    assert f"leave `{member}` out" in refused.value.message


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"posture": "open"},  # what the newest client's `push` sends unless it is told otherwise
        {"posture": "default"},  # and its `generate`
        {"posture": "open", "anonWrite": "explicit", "runId": "r", "message": "m"},
        {"anonWrite": "legacy"},
        {"access": "public"},
    ],
)
def test_what_restricts_nothing_is_taken(members):
    assert read(**members).mode == "production"


def test_every_request_knows_every_such_member_under_the_name_that_the_list_has():
    requests = [request for request in all_below(Request) if request.__struct_config__.tag]

    assert len(requests) >= 3
    for request in requests:
        names = dict(zip(request.__struct_fields__, request.__struct_encode_fields__, strict=True))
        assert {r.field: r.member for r in RESTRICTIONS}.items() <= names.items()


def test_a_request_that_wants_none_is_written_without_them():
    assert encode(Restrictable()) == b"{}"
    assert find_restriction(Restrictable()) is None


@pytest.mark.parametrize(
    ("members", "visibility"),
    [
        ({}, ""),
        ({"posture": "default"}, ""),
        ({"posture": "open"}, "public"),
        ({"posture": "gated"}, "public"),
        ({"posture": "private"}, "private"),
        ({"access": "unlisted", "posture": "private"}, "unlisted"),
        ({"access": "private"}, "private"),
        ({"access": "default"}, ""),
    ],
)
def test_a_deploy_keeps_what_it_says_of_its_app(members, visibility):
    assert read_access(read(**members)).visibility == visibility


def test_what_else_it_says_is_told_again():
    said = read_access(read(posture="gated", anonWrite="off"))

    assert (said.posture, said.anon_write) == ("gated", "off")
    assert read_access(read(posture="default")).posture == ""


@pytest.mark.parametrize("member", ["posture", "access", "anonWrite"])
def test_who_keeps_nothing_refuses_it(member):
    kept = {"posture": "private", "access": "private", "anonWrite": "off"}[member]
    payload = {"type": "vibes.diy.req-ensure-chat-context", member: kept}
    message = {"tid": "1", "src": "a", "dst": "b", "ttl": 6, "payload": payload}

    with pytest.raises(BadRequest, match=f"leave `{member}` out"):
        read_payload(msgspec.json.Decoder(ReqEnsureChatContext), read_head(json.dumps(message).encode()))
