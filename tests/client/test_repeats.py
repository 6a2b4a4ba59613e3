"""What may be sent twice: what reads, and what names that which it makes."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from vibes_trio.client.repeats import may_repeat
from vibes_trio.wire.chat import ReqAppendChatSection, ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug


def message(name: str) -> SimpleNamespace:
    """Something of a type that the server hasn't; a real class would be taken for one that it has."""
    return SimpleNamespace(__struct_config__=SimpleNamespace(tag=f"vibes.diy.req-{name}"))


def deploy(**names: str) -> ReqEnsureAppSlug:
    return ReqEnsureAppSlug(mode="dev", file_system=[], **names)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (message("list-things"), True),
        (message("make-list"), False),
        (ReqEnsureChatContext(), False),
        (ReqEnsureChatContext(context_id="c"), True),
        (ReqAppendChatSection(context_id="c", origin="user", blocks=msgspec.Raw(b"[]")), False),
        (deploy(), False),
        (deploy(app_slug="a"), False),
        (deploy(user_slug="u"), False),
        (deploy(app_slug="a", user_slug="u"), True),
        (deploy(app_slug="a", owner_handle="u"), True),
    ],
)
def test_a_request_may_be_repeated(request_: Any, expected: bool) -> None:
    assert may_repeat(request_) is expected
