"""Replies become typed responses, refusals the errors that they stand for."""

from typing import Any

import msgspec
import pytest

from vibes_trio import errors
from vibes_trio.wire.base import ErrorReply
from vibes_trio.wire.chat import ReqEnsureChatContext, ResEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug
from vibes_trio.wire.replies import read_error, read_reply, response_type


@pytest.mark.parametrize(
    ("request_type", "response"),
    [(ReqEnsureChatContext, ResEnsureChatContext), (ReqEnsureAppSlug, ResEnsureAppSlug)],
)
def test_a_request_names_its_response(request_type: Any, response: type) -> None:
    assert response_type(request_type) is response


@pytest.mark.parametrize("kind", [*errors.VibesError.__subclasses__()])
def test_every_code_becomes_its_class(kind: type[errors.VibesError]) -> None:
    payload = {"message": "what went wrong", "code": kind.code, "limit": 10}

    error = read_error(ErrorReply(message="what went wrong", code=kind.code), payload)

    assert type(error) is kind


def test_a_transform_failure_keeps_its_place_and_says_it_once() -> None:
    told = errors.TransformFailed("Unexpected token", filename="/App.jsx", line=3, column=7)
    payload = {"message": told.message, "code": told.code, **told.detail}

    error = read_error(ErrorReply(message=told.message, code=told.code), payload)

    assert isinstance(error, errors.TransformFailed)
    assert (error.message, error.detail, error.words) == (told.message, told.detail, told.words)


def test_an_unknown_code_is_carried_along() -> None:
    error = read_error(
        ErrorReply(message="m", code="brand-new"), {"message": "m", "code": "brand-new", "x": 1}
    )

    assert type(error) is errors.VibesError
    assert error.detail == {"code": "brand-new", "x": 1}


@pytest.mark.parametrize(
    "payload",
    [b'{"type":"vibes.diy.res-other"}', b'{"type":"vibes.diy.res-ensure-chat-context"}', b"[]", b'"\xff"'],
)
def test_what_is_no_reply_to_the_request_is_an_error(payload: bytes) -> None:
    with pytest.raises(errors.VibesError, match="none to this message"):
        read_reply(ReqEnsureChatContext, msgspec.Raw(payload))
