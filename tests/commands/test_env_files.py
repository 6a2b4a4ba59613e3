"""What an app's `.env` files say for its page."""

import pytest

from vibes_trio.commands.env_files import MAX_ENV_FILE_BYTES, read_env_files


def test_names_that_are_meant_for_pages_are_read_and_no_others(tmp_path):
    (tmp_path / ".env").write_text(
        "VITE_A=1\nSECRET=x\n# VITE_B=2\nexport REACT_APP_C = three # words\nNEXT_PUBLIC_D=\n"
    )

    found = read_env_files(tmp_path)

    assert found.values == {"VITE_A": "1", "REACT_APP_C": "three", "NEXT_PUBLIC_D": ""}
    assert found.files == (".env",)


def test_later_files_win_as_in_a_build(tmp_path):
    for name, value in (
        (".env", "1"),
        (".env.local", "2"),
        (".env.production", "3"),
        (".env.development", "9"),
    ):
        (tmp_path / name).write_text(f"VITE_A={value}\n")

    found = read_env_files(tmp_path)

    assert (found.values, found.files) == ({"VITE_A": "3"}, (".env", ".env.local", ".env.production"))


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
def test_values_are_read_as_tools_read_them(written, meant, tmp_path):
    (tmp_path / ".env").write_text(f"HOST=example.org\nVITE_A={written}\nVITE_B=1\n")

    assert read_env_files(tmp_path).values == {"VITE_A": meant, "VITE_B": "1"}


def test_what_is_no_such_file_says_nothing(tmp_path):
    (tmp_path / "elsewhere").write_text("VITE_A=1")
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".env.local").write_bytes(b"VITE_A=\xff")
    (tmp_path / ".env.production").write_text("VITE_A=" + "x" * MAX_ENV_FILE_BYTES)

    assert read_env_files(tmp_path).values == {}
