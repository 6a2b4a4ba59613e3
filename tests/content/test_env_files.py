"""What the text of an app's `.env` files says for its page."""

import pytest

from vibes_trio.content.env_files import read_env_texts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"a b # c"', "a b # c"),
        ("'a $HOST'", "a $HOST"),
        ('"two\\nlines"', "two\nlines"),
        ('"two\nlines"', "two\nlines"),
        ("`a`", "a"),
        ("a=b", "a=b"),
        ("${HOST}/v1", "example.org/v1"),
        ("$HOST", "example.org"),
        ("$NOBODY", ""),
    ],
)
def test_values_are_read_as_tools_read_them(written, meant):
    text = f"HOST=example.org\nVITE_A={written}\nVITE_B=1\n"

    assert read_env_texts({".env": text}).values == {"VITE_A": meant, "VITE_B": "1"}


def test_other_files_and_names_say_nothing():
    found = read_env_texts({".env.development": "VITE_A=1", ".env": "SECRET=x"})

    assert (found.values, found.files) == ({}, ())
