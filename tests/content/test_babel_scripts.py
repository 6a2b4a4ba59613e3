"""Scripts that Babel would compile as the page loads: one module of all that share their names, others alone."""

from vibes_trio.content.babel_scripts import babel_files
from vibes_trio.content.own_page import OwnPage, Script, Template

UMD = "https://unpkg.com/react@18/umd/react.production.min.js"


def made(*scripts: Script, remote=(), kept=()) -> list[tuple[str, str]]:
    own = OwnPage(Template(()), scripts, kept=kept, remote=remote)
    return [
        (file.name, file.text)
        for file in babel_files("/a.html", own, lambda script: script.text or "// file")
    ]


def test_scripts_that_share_their_names_are_one_and_may_take_the_same_of_react():
    take = "const { useState } = React;\n let {createRoot} = window.ReactDOM; const { a } = b;"
    ((name, text),) = made(Script(text=take, babel=True), Script(text=take, babel=True))

    assert name == "/a.html~babel.tsx"
    assert text.count("var { useState } = React") == 2
    assert text.count("var {createRoot} = window.ReactDOM") == 2
    assert text.count("const { a } = b;") == 2


def test_one_script_stays_as_it_is_on_its_lines():
    ((_, text),) = made(Script(text="const { useState } = React;", babel=True, line=3))

    assert text.split("\n")[2] == "const { useState } = React;"


def test_modules_stay_alone_with_their_own_names():
    files = made(
        Script(text="let a;", babel=True, alone=True, line=2),
        Script(text="let b;", babel=True),
        Script("/c.jsx", babel=True, alone=True),
        Script(text="no", babel=False),
    )

    assert [name for name, _ in files] == ["/a.html~babel.tsx", "/a.html~babel-1.tsx", "/a.html~babel-2.tsx"]
    assert files[1][1].endswith("\nlet a;")
    assert files[2][1].endswith("// file")


def test_a_page_may_have_modules_alone():
    ((name, _),) = made(Script(text="let a;", babel=True, alone=True))

    assert name == "/a.html~babel-1.tsx"


def test_a_page_without_such_scripts_has_none():
    assert made(Script(text="1")) == []


def test_react_is_that_of_the_page_s_scripts_where_it_has_some():
    script = Script(text="1", babel=True)
    ((_, without),) = made(
        script, remote=("https://unpkg.com/react-router@6/umd/x.js", "https://x.test/react.js")
    )
    ((_, hosted),) = made(script, remote=("https://x.test/", UMD))
    ((_, own),) = made(script, kept=("/vendor/react.production.min.js",))

    assert 'from "react"' in without
    assert "if (!globalThis.React ||" in hosted
    assert "if (!globalThis.React ||" in own
    assert all("\n" not in text for text in (without, hosted, own))


def test_jsx_calls_react_as_with_babel_unless_the_script_says_otherwise():
    ((_, plain),) = made(Script(text="<a/>", babel=True))
    ((_, other),) = made(Script(text="/** @jsxImportSource preact */ <a/>", babel=True))
    ((_, pragma),) = made(Script(text="/** @jsx h */ <a/>", babel=True))

    assert plain.startswith("/** @jsxRuntime classic */ ")
    assert not other.startswith("/** @jsxRuntime")
    assert pragma.startswith("/** @jsxRuntime classic */ ")
