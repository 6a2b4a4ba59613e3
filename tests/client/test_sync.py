"""The client for scripts: a thread of its own, the same calls."""

import threading
from typing import Any

import pytest

from vibes_trio.client import CannotConnect, device_file, open_sync
from vibes_trio.errors import NotOwner
from vibes_trio.wire.chat import ReqEnsureChatContext

NOWHERE = "http://127.0.0.1:9"  # the port of `discard`, which nobody serves any more


def test_requests_are_answered(served: Any) -> None:
    with open_sync(served.url, device_file(served.folder / "ada.json")) as api:
        answers = [api.request(ReqEnsureChatContext(context_id=f"c{n}")).context_id for n in range(3)]

    assert answers == ["c0", "c1", "c2"]


def test_what_the_server_refuses_is_raised_here(served: Any) -> None:
    with open_sync(served.url, device_file(served.folder / "ada.json")) as ada:
        ada.request(ReqEnsureChatContext(context_id="hers"))
    with open_sync(served.url, device_file(served.folder / "eve.json")) as eve, pytest.raises(NotOwner):
        eve.request(ReqEnsureChatContext(context_id="hers"))


def test_a_server_that_is_not_there_is_told(served: Any) -> None:
    with pytest.raises(CannotConnect), open_sync(NOWHERE):
        pytest.fail("nobody is there")


def test_threads_share_one_client_and_none_is_left(served: Any) -> None:
    before = threading.active_count()
    found: list[str] = []
    with open_sync(served.url, device_file(served.folder / "ada.json")) as api:

        def ask(name: str) -> None:
            found.append(api.request(ReqEnsureChatContext(context_id=name)).context_id)

        threads = [threading.Thread(target=ask, args=(f"t{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(found) == [f"t{n}" for n in range(8)]
    assert threading.active_count() == before


def test_an_error_of_the_block_is_its_own(served: Any) -> None:
    with pytest.raises(ZeroDivisionError), open_sync(served.url):
        _ = 1 / 0
