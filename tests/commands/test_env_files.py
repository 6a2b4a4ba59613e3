"""What an app's `.env` files say for its page."""

from vibes_trio.commands.env_files import read_env_files
from vibes_trio.content.env_files import MAX_ENV_FILE_BYTES


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


def test_what_is_no_such_file_says_nothing(tmp_path):
    (tmp_path / "elsewhere").write_text("VITE_A=1")
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".env.local").write_bytes(b"VITE_A=\xff")
    (tmp_path / ".env.production").write_text("VITE_A=" + "x" * MAX_ENV_FILE_BYTES)

    assert read_env_files(tmp_path).values == {}
