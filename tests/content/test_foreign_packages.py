"""Words for what no page can have."""

import pytest

from vibes_trio.content.foreign_packages import (
    in_words,
    no_such_file,
    tell_builder,
    tell_foreign,
    tell_language,
)


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("react-native", "made for phones"),
        ("expo-status-bar", "made for phones"),
        ("@remix-run/node", "takes a server"),
        ("@remix-run/react", ""),
        ("react-native-web", ""),
        ("export-things", ""),
    ],
)
def test_what_is_made_for_something_else_is_told_before_it_is_tried(package, words):
    told = tell_foreign(package)

    assert (words in told) if words else told == ""
    assert in_words(package, "it broke") == (told or "it broke")


@pytest.mark.parametrize(
    ("packages", "name"), [({"react", "astro"}, "Astro"), ({"nuxt"}, "Nuxt"), ({"react", "vite"}, "")]
)
def test_tools_that_alone_make_the_pages_are_told(packages, name):
    assert (f"names {name}, whose own build" in tell_builder(packages)) == bool(name)


def test_what_has_the_name_of_a_part_of_node_is_told_as_that():
    assert in_words("crypto", "it has no entry").startswith(
        "crypto is a part of Node, which browsers do not have"
    )
    assert in_words("crypto", "it has no entry").endswith("it has no entry")


@pytest.mark.parametrize(
    ("specifier", "part"),
    [
        ("@/components/ui/card", "card"),
        ("../components/ui/dropdown-menu.tsx", "dropdown-menu"),
        ("@/ui/button", "button"),
        ("./card", ""),
        ("@/components/Card", ""),
    ],
)
def test_a_part_of_shadcn_that_is_missing_is_told_as_that(specifier, part):
    told = no_such_file(specifier)

    assert told.startswith("this app has no such file.")
    assert (f"`npx shadcn add {part}`" in told) is bool(part)


def test_components_in_a_language_of_their_own_are_told():
    assert tell_language(["/src/App.vue"]) == "Vue components are not compiled here."
    assert tell_language(["/a.svelte", "/b.js"]) == "Svelte components are not compiled here."
    assert tell_language(["/App.jsx"]) == ""
