"""Environments of an app, kept beside its files."""

from argparse import Namespace
from pathlib import Path

import pytest

from vibes_trio.commands.output import UNUSABLE, USAGE, CommandFailed
from vibes_trio.commands.profile import Profile, find_profile, read_profile

FILE = """
app = "shop"
user = "ada"
env = { A = "1", B = "2" }

[profiles.staging]
app = "shop-staging"
mode = "dev"
env = { B = "3" }

[profiles.production]
url = "https://apps.example.org"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "vibes.toml").write_text(FILE)
    return tmp_path / "vibes.toml"


def test_what_a_profile_does_not_say_stands_above(file: Path) -> None:
    assert read_profile(file, "staging") == Profile("", "shop-staging", "ada", "dev", {"A": "1", "B": "3"})
    assert read_profile(file, "production").url == "https://apps.example.org"
    assert read_profile(file, "production").app == "shop"


def test_without_a_name_the_tables_do_not_count(file: Path) -> None:
    assert read_profile(file, "") == Profile("", "shop", "ada", "", {"A": "1", "B": "2"})


def test_the_flag_wins_over_the_environment(file: Path) -> None:
    def app(profile: str, env: dict[str, str]) -> str:
        return find_profile(Namespace(profile=profile), file.parent, env).app

    assert app("", {"VIBES_ENV": "staging"}) == "shop-staging"
    assert app("production", {"VIBES_ENV": "staging"}) == "shop"
    assert app("", {}) == "shop"


def test_no_file_says_nothing_but_has_no_profiles_either(tmp_path: Path) -> None:
    assert read_profile(tmp_path / "vibes.toml", "") == Profile()
    assert read_profile(tmp_path / "no folder" / "vibes.toml", "") == Profile()
    with pytest.raises(CommandFailed, match=r"no profile 'prod'; there are: none\. Add a table") as caught:
        read_profile(tmp_path / "vibes.toml", "prod")
    assert caught.value.exit_code == USAGE


def test_a_name_that_is_none_is_answered_with_those_that_are(file: Path) -> None:
    with pytest.raises(CommandFailed, match="there are: production, staging"):
        read_profile(file, "stagging")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("app 1", r"vibes\.toml: .*line 1"),
        ("ap = 'x'", "ap is not known; there are app, env, mode, url, user"),
        ("app = 1", "app has to be text"),
        ("env = 'x'", "env has to be a table of texts"),
        ("env = { A = 1 }", "env has to be a table of texts"),
        ("mode = 'prod'", "mode is production or dev; got 'prod'"),
        ("profiles = 1", "profiles are tables"),
        ("[profiles]\nstaging = 1", "profiles are tables"),
        ("[profiles.x]\nurl = 1", r"profiles\.x: url has to be text"),
        ("#" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "vibes.toml").write_text(text)

    with pytest.raises(CommandFailed, match=words) as caught:
        read_profile(tmp_path / "vibes.toml", "x")
    assert caught.value.exit_code == UNUSABLE


def test_bytes_and_folders_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    for name in ("bytes.toml", "."):
        with pytest.raises(CommandFailed):
            read_profile(tmp_path / name, "")
