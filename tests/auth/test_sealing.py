"""Sealing: what is entrusted opens with its key and for what it belongs to, and not otherwise."""

import stat
from pathlib import Path

import pytest
from sealed import unseal

from vibes_trio.auth.sealing import FILE_NAME, ensure_seal_key, seal
from vibes_trio.errors import ConfigError

KEY = bytes(range(32))


def test_what_is_sealed_opens_with_its_key_and_for_its_owner() -> None:
    sealed = seal(KEY, "sk-geheim-ä\ud800", "ada\nKEY")

    assert unseal(KEY, sealed, "ada\nKEY") == "sk-geheim-ä\ud800"
    assert b"geheim" not in sealed
    assert seal(KEY, "x", "") != seal(KEY, "x", "")


@pytest.mark.parametrize("change", ["key", "owner", "text", "short"])
def test_nothing_else_opens_it(change: str) -> None:
    sealed = seal(KEY, "words", "ada")
    key = bytes(32) if change == "key" else KEY
    if change == "text":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if change == "short":
        sealed = sealed[:12]

    with pytest.raises(ValueError, match="another key"):
        unseal(key, sealed, "bob" if change == "owner" else "ada")


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    first = ensure_seal_key(tmp_path)

    assert ensure_seal_key(tmp_path) == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_who_makes_it_a_moment_later_gets_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_seal_key(tmp_path)
    seen = iter([False])
    monkeypatch.setattr(Path, "exists", lambda path: next(seen))

    assert ensure_seal_key(tmp_path) == first


@pytest.mark.parametrize("text", ["", "zz", "00" * 31])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)

    with pytest.raises(ConfigError, match=FILE_NAME):
        ensure_seal_key(tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be used"):
        ensure_seal_key(tmp_path / "none")
