"""Which forms of a bundler a source uses."""

import time

import pytest

from vibes_trio.bundle.forms import Form, find_forms, tell_forms
from vibes_trio.bundle.places import make_places
from vibes_trio.content.tool_settings import Alias

PLACES = make_places(
    ("/App.jsx", "/style.css", "/lib/a.js", "/public/logo.svg", "/src/b.ts"),
    "",
    "/public",
    [Alias("@/", ("/src/", "/")), Alias("~/", ("/src/", "/"))],
)


def forms_of(text: str, lang: str = "jsx") -> list[str]:
    name = f"/App.{lang}"
    return [form.words for form in dict.fromkeys(find_forms({name: text}, {name: lang}, {}, PLACES))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import.meta.env.VITE_X", "import.meta.env"),
        ("import.meta?.env?.VITE_X", "import.meta.env"),
        ("import.meta.glob('./*')", "import.meta.glob"),
        ("process.env.NODE_ENV", "process.env"),
        ("const a = require('a')", "require()"),
        ("module.exports = App", "module.exports"),
        ("a();\n  exports.b = 1", "exports"),
        ("import(`./${a}.js`)", "an import of a path that is put together"),
        ("import( /* x */ './a' + b)", "an import of a path that is put together"),
        ("import a from './a.json' with { type: 'json' }", "import attributes"),
        ("import a from './a.json' assert {type: \"json\"}", "import attributes"),
        ("import('./a.json', { with: { type: 'json' } })", "import attributes"),
        ("import a from './a.svg?react'", "an import with a query"),
        ("import a from './a.ts?worker&url'", "an import with a query"),
        ("import a from './a.css?inline'", "an import with a query"),
        ("import s from './a.module.css'", "CSS modules"),
        ("import { a } from './a.json'", "names of a JSON file"),
        ("import a, { b } from './a.json'", "names of a JSON file"),
        ("import * as a from './a.json'", "names of a JSON file"),
        ("export { a } from './a.json'", "names of a JSON file"),
        ("import { ReactComponent as A } from './a.svg'", "SVG as a component"),
        ("import Link from 'next/link'", "parts of Next"),
        ("new URL('./a.svg', import.meta.url)", "import.meta.url"),
        ("import './a.scss'", "scss"),
        ("import a from './a.cjs'", "cjs"),
        ("import A from './A.vue'", "vue"),
        ("const { useState } = React;\nexport default 1", "React without an import"),
        ("class A extends React.Component {}", "React without an import"),
        ("<React.Fragment key={1} />", "React without an import"),
        ("ReactDOM.createRoot(a).render(b)", "React without an import"),
        ("import './gone.css'", "a style sheet that is not there"),
        ("import b from '@/b'", "an alias"),
        ("import logo from '/logo.svg'", "an absolute path"),
    ],
)
def test_each_form_is_found(text, words):
    assert words in forms_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "import './style.css'; import data from './data.json'; import logo from './logo.svg';",
        "import { useState } from 'react'; import { a } from './lib/a'; const b = await import('./lib/a.js');",
        "import a from '/lib/a.js'; import x from 'https://example.org/x.js?raw';",
        "const answer = ok ? raw : url; <p title='why?'>require nothing, export all</p>",
        "fetch('/api?url=1'); const exported = { exports: 1 }; obj.require('x'); my.module.exports;",
        "import b from '@scope/b';",
        "import React, { memo } from 'react'; React.useState(); class A extends React.Component {}",
        "import * as React from 'react'; const { useState } = React;",
        "const React = window.React; React.useState();",
        "const a: React.ReactNode = my.React.memo; say('React.memo');",
        "const text = `import ${name}`; import(name);",
    ],
)
def test_what_modules_one_by_one_can_do_is_no_form(text):
    assert forms_of(text) == []


def test_a_script_under_its_own_name_finds_its_neighbours_but_a_worker_no_package():
    assert forms_of("new URL('./a.svg', import.meta.url)", "js") == []
    assert forms_of("new Worker(new URL('./w.js', import.meta.url))", "js") == ["import.meta.url"]


def test_style_sheets_for_tailwind_count():
    found = find_forms({}, {}, {"/a.css": "@tailwind base;", "/b.css": "p { color: red }"}, PLACES)

    assert list(found) == [Form("/a.css", "Tailwind in CSS")]


def test_what_cant_be_had_without_esbuild_is_told_once_a_form_with_its_files():
    forms = [Form(f"/{name}.jsx", "process.env") for name in "aabcd"]

    assert tell_forms(forms) == (
        "/a.jsx, /b.jsx, /c.jsx, …: process.env needs esbuild, which is not on this server.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "import { " * 60_000 + ".json",
        "import * as " * 40_000 + ".json",
        "ReactComponent " * 33_000 + ".svg",
        "\n" * 500_000 + "exports.",
        '"' * 500_000 + "?raw",
        "import(`" * 60_000,
        "import(/*" * 50_000,
        "require(" * 60_000,
        "with { " * 70_000,
        " " * 500_000 + "require" + " " * 500_000,
    ],
)
def test_a_hostile_source_is_looked_through_in_time_linear_in_its_length(text):
    started = time.process_time()

    forms_of(text)

    assert time.process_time() - started < 3
