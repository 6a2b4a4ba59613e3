import re

import pytest

from vibes_trio.content import routes
from vibes_trio.content.routes import PIECE_CHARS, has_routes


@pytest.mark.parametrize(
    "text",
    [
        "import { BrowserRouter } from 'react-router-dom'",
        "createBrowserRouter([])",
        'import { Route } from "wouter/preact"',
        "import Link from 'next/link'",
        "location.pathname",
        "history.pushState({}, '', '/a')",
        "addEventListener('popstate', f)",
    ],
)
def test_sources_that_look_at_the_path_are_known(text):
    assert has_routes(["let a", text])


def test_others_have_no_routes():
    assert not has_routes(["", "const history = []; history.push(1)", "import page from './page'"])
    assert not has_routes([])


@pytest.mark.parametrize("before", range(PIECE_CHARS - 20, PIECE_CHARS + 3))
def test_sign_is_found_wherever_pieces_meet(before):
    assert has_routes(["-" * before + " location.pathname"])


def test_long_source_is_looked_through_in_pieces(monkeypatch):
    """One search holds the interpreter, and so the event loop, to its end: 50 ms for half a megabyte."""
    looked: list[int] = []

    class Watched:
        def search(self, text: str, start: int, end: int) -> re.Match[str] | None:
            looked.append(min(end, len(text)) - start)
            return None

    monkeypatch.setattr(routes, "_SIGNS", Watched())

    assert not has_routes(["x" * 512 * 1024])
    assert max(looked) <= 2 * PIECE_CHARS
    assert sum(looked) >= 512 * 1024
