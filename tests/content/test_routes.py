import re
import time

import pytest

from vibes_trio.content.routes import has_routes

# What the signs are, as one pattern: exact, but slow.
SIGNS = re.compile(
    r"\bBrowserRouter\b|\bcreateBrowserRouter\b|\bcreateBrowserHistory\b|[\"'](?:wouter|navigo|page)(?:/[^\"']*)?[\"']"
    r"|[\"']@(?:tanstack/(?:react|solid|vue)-router|reach/router|solidjs/router)[\"']|[\"']vue-router[\"']"
    r"|[\"']next/(?:link|navigation|router)[\"']|\blocation\.pathname\b|\bhistory\.(?:pushState|replaceState)\b|\bpopstate\b"
)
TEXTS = [
    "import { BrowserRouter } from 'react-router-dom'",
    "createBrowserRouter([])",
    "recreateBrowserRouter([])",
    "aBrowserRouter BrowserRouters",
    "createBrowserHistory()",
    'import { Route } from "wouter/preact"',
    "import page from 'page'",
    "import page from './page'",
    "import 'pages'",
    "import '@tanstack/react-router'",
    'import "@tanstack/react-query"',
    "import '@reach/router'; ",
    "import '@reach/router-x'; ",
    "import('@solidjs/router')",
    "import 'vue-router'",
    "import Link from 'next/link'",
    "import Image from 'next/image'",
    "location.pathname",
    "location.pathnames",
    "history.pushState({}, '', '/a')",
    "history.replaceState({}, '', '/a')",
    "history.push(1)",
    "addEventListener('popstate', f)",
    "popstated",
    "",
    "'pages' 'page'",
]


@pytest.mark.parametrize("text", TEXTS)
def test_signs_are_those_of_the_pattern(text):
    assert has_routes([text]) == (SIGNS.search(text) is not None)
    assert has_routes(["let a", f"x {text} y"]) == (SIGNS.search(f"x {text} y") is not None)


def test_no_sources_have_no_routes():
    assert not has_routes([])


def test_long_sources_take_a_part_of_what_the_pattern_takes():
    """The event loop waits while a thread looks."""
    text = "import x from './component-of-some-name.js'; const y = x.history;\n" * 8000

    before = time.thread_time()
    assert not has_routes([text])
    looked = time.thread_time()
    assert SIGNS.search(text) is None

    assert (looked - before) * 5 < time.thread_time() - looked
