import pytest
from content.reading import COMPONENT, MAIN, read

from vibes_trio.content.project import Mount


@pytest.mark.parametrize(
    "name", ["/App.jsx", "/src/App.tsx", "/app.jsx", "/src/index.jsx", "/App.js", "/app/page.jsx"]
)
def test_an_entry_is_known_by_its_name(name):
    project = read({name: COMPONENT, "/parts/Other.jsx": COMPONENT})

    assert project.kind == "component"
    assert project.entries == (name,)
    assert project.mounts == (Mount(name),)
    assert not project.needs_build


def test_a_main_that_mounts_comes_before_the_component():
    project = read({"/src/main.jsx": MAIN, "/src/App.jsx": COMPONENT})

    assert project.entries == ("/src/main.jsx",)
    assert project.mounts == ()


def test_a_main_that_mounts_nothing_does_not():
    assert read({"/index.js": "export const a = 1", "/App.jsx": COMPONENT}).entries == ("/App.jsx",)


def test_two_that_could_be_the_entry_are_told():
    project = read({"/App.jsx": COMPONENT, "/src/App.jsx": COMPONENT})

    assert project.entries == ("/App.jsx",)
    assert project.warnings == (
        "/App.jsx is the page; src/App.jsx could be, too: name the one that is meant"
        " (`vibes-trio deploy --entry src/App.jsx`, `entryPoint`).",
    )


def test_a_named_component_is_mounted_and_told():
    project = read({"/App.jsx": "export function Garden() { return <p/> }"})

    assert project.mounts == (Mount("/App.jsx", "Garden"),)
    assert project.warnings == (
        "/App.jsx: has no default export; Garden is shown. Write `export default Garden`.",
    )
    assert project.wrapped == {}


def test_a_component_that_is_not_exported_is_exported_for_its_author():
    project = read({"/App.jsx": "function App() { return <p/> }"})

    assert project.mounts == (Mount("/App.jsx"),)
    assert project.wrapped == {"/App.jsx": b"function App() { return <p/> }\nexport default App;\n"}
    assert len(project.warnings) == 1


def test_a_fence_round_a_file_is_taken_off_and_told():
    project = read({"/App.jsx": f"```jsx\n{COMPONENT}\n```\n", "/b.js": "`a`"})

    assert project.wrapped == {"/App.jsx": f"\n{COMPONENT}\n".encode()}
    assert project.mounts == (Mount("/App.jsx"),)
    assert project.warnings == (
        "/App.jsx: is a Markdown fence; what it holds was taken. Leave out the ``` lines.",
    )


def test_a_module_that_begins_with_a_template_is_no_fence():
    assert read({"/App.jsx": "```x``` + 1"}).wrapped == {}


@pytest.mark.parametrize(
    ("name", "text", "inside"),
    [
        ("/a.css", "p {}", "\np {}\n"),
        ("/a.json", "[1]", "\n[1]\n"),
        ("/a.svg", "<svg></svg>", "\n<svg></svg>\n"),
    ],
)
def test_a_fence_round_any_text_is_taken_off(name, text, inside):
    project = read({"/App.jsx": COMPONENT, name: f"```x\n{text}\n```\n"})

    assert project.wrapped[name] == inside.encode()
    assert project.warnings[0].startswith(f"{name}: is a Markdown fence")


def test_a_page_in_a_fence_is_shown_without():
    project = read({"/index.html": "```html\n<!doctype html><h1>hello</h1>\n```"})

    assert project.template is not None
    assert "```" not in "".join(part.text for part in project.template.parts)


def test_a_page_with_words_of_a_model_round_it_is_shown_without():
    project = read({"/index.html": "Here it is:\n```html\n<!doctype html><h1>hello</h1>\n```\nEnjoy!"})

    assert project.template is not None
    assert "Enjoy" not in "".join(part.text for part in project.template.parts)
    assert project.warnings[0].startswith("/index.html: there is Markdown round the page")


def test_an_entry_without_any_code_is_told():
    project = read({"/App.jsx": "// to be done\n"})

    assert project.warnings == (
        "/App.jsx: exports no component: write `export default` before the one to show.",
    )
