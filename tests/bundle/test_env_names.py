"""Values of the environment that an app asks for and has not."""

import pytest

from vibes_trio.bundle.env_names import MAX_TOLD, tell_unset


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("make(import.meta.env.VITE_URL, 1)", "import.meta.env.VITE_URL"),
        ("const a = process.env.REACT_APP_URL;", "process.env.REACT_APP_URL"),
        ("fetch(`${process.env.NEXT_PUBLIC_URL}/x`)", "process.env.NEXT_PUBLIC_URL"),
        ("import.meta.env.VITE_URL || 'x'", ""),
        ("import.meta.env.VITE_URL ?? 'x'", ""),
        ("if (import.meta.env.VITE_URL === 'x') a()", ""),
        ("import.meta.env.VITE_URL ? a : b", ""),
        ("import.meta.env.VITE_URL?.length", ""),
        ("import.meta.env.VITE_GIVEN", ""),
        ("import.meta.env.MODE + process.env.HOME", ""),
    ],
)
def test_a_name_that_an_app_relies_on_is_told_if_it_has_no_value(text, name):
    told = list(tell_unset({"/a.js": text}, {"VITE_GIVEN": ""}))

    assert [line.partition(" has no value")[0] for line in told] == ([f"/a.js: {name}"] if name else [])


def test_each_name_is_told_once_and_not_too_many():
    text = " ".join(f"f(import.meta.env.VITE_A{number})" for number in range(9))

    assert len(list(tell_unset({"/a.js": text, "/b.js": text}, {}))) == MAX_TOLD
