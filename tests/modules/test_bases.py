"""Which React an app gets for what it asks."""

import pytest

from vibes_trio.modules.bases import BASES, base_for


@pytest.mark.parametrize(
    ("asked", "major", "told"),
    [
        ("", "", ""),
        ("^19.0.0", "", ""),
        ("19.1.0", "", ""),
        (">=16.8", "", ""),
        ("latest", "", ""),
        ("^18.3.1", "18", ""),
        ("18", "18", ""),
        ("18.2.0", "18", ""),
        ("^17 || ^18", "18", ""),
        ("^17.0.2", "18", "the app asks for react ^17.0.2; its page has 18.3.1"),
        ("20.0.0", "", "the app asks for react 20.0.0; its page has 19.2.1"),
        ("npm:@preact/compat@^18", "preact", ""),
        ("npm:other@18", "18", ""),
        ("]]", "", ""),
        ("file:../react", "", ""),
    ],
)
def test_react_is_of_the_major_that_the_app_names(asked, major, told):
    base, said = base_for(asked)

    assert (base.major, said) == (major, told)


def test_every_base_has_what_a_page_imports():
    for base in BASES.values():
        assert {"react", "react-dom", "react-dom/client", "react/jsx-runtime"} <= base.given.keys()
        assert base.given["react"] == f"/~esm/react@{base.pinned['react']}"
