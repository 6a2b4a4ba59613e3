"""Whose JSX an app is written in."""

import pytest
from content.reading import read

from vibes_trio.content.jsx_source import NO_SOLID, with_jsx_source

PREACT = '{"dependencies": {"preact": "10"}}'
APP = "import { render } from 'preact'; render(<p/>, document.body);"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/App.jsx": "export default () => <p/>"}, ""),
        ({"/App.jsx": APP}, "preact"),
        ({"/App.jsx": APP + "import React from 'react';"}, ""),
        ({"/App.jsx": APP, "/package.json": "{}"}, ""),
        ({"/src/main.jsx": APP, "/package.json": PREACT}, "preact"),
        ({"/src/main.jsx": APP, "/package.json": '{"dependencies": {"preact": "10", "react": "19"}}'}, ""),
        ({"/src/main.tsx": "a(<p/>)", "/package.json": '{"dependencies": {"solid-js": "1"}}'}, "solid-js"),
        (
            {"/App.tsx": "a(<p/>)", "/tsconfig.json": '{"compilerOptions": {"jsxImportSource": "preact"}}'},
            "preact",
        ),
        ({"/App.tsx": "a(<p/>)", "/tsconfig.json": '{"compilerOptions": {"jsxImportSource": "react"}}'}, ""),
        ({"/App.tsx": "a(<p/>)", "/tsconfig.json": '{"compilerOptions": {"jsxImportSource": "a */ b"}}'}, ""),
        (
            {"/App.jsx": "a(<p/>)", "/vite.config.js": "react({ jsxImportSource: '@emotion/react' })"},
            "@emotion/react",
        ),
        ({"/App.jsx": "a(<p/>)", "/vite.config.js": "export default {}"}, ""),
    ],
)
def test_the_jsx_is_that_of_settings_then_of_the_package_then_of_the_imports(files, expected):
    project = read(files)

    assert project.jsx_source == expected


def test_solid_is_told_by_the_deploy():
    files = {"/src/main.tsx": "a(<p/>)", "/package.json": '{"dependencies": {"solid-js": "1"}}'}

    assert NO_SOLID in read(files).warnings


@pytest.mark.parametrize(
    ("content", "source", "expected"),
    [
        (b"<p/>", "", b"<p/>"),
        (b"\xef\xbb\xbf<p/>", "preact", b"/** @jsxImportSource preact */ <p/>"),
        (b"/** @jsx h */<p/>", "", b"/** @jsxRuntime classic */ /** @jsx h */<p/>"),
        (b"/** @jsxRuntime classic @jsx h */<p/>", "preact", b"/** @jsxRuntime classic @jsx h */<p/>"),
        (b"/** @jsxImportSource a */<p/>", "preact", b"/** @jsxImportSource a */<p/>"),
        (b"#!/x\n<p/>", "preact", b"#!/x\n<p/>"),
    ],
)
def test_a_file_gets_a_comment_unless_it_says_itself(content, source, expected):
    assert with_jsx_source(content, source) == expected


def test_a_component_of_preact_is_shown_by_preact():
    project = read({"/src/App.jsx": "export default () => <p/>", "/package.json": PREACT})

    (entry,) = project.made
    assert project.entries == (entry.name,)
    assert b'import { default as App } from "/src/App.jsx"' in entry.content
    assert project.mounts == ()
