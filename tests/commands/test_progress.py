"""A bar is shown on a terminal, for what takes a while."""

import io
import sys

import msgspec
import pytest

from vibes_trio.commands.progress import SHOWN_FROM_BYTES, open_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Called within a test: pytest puts its own stream there before."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_it_fills_and_says_what_the_server_does(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    with open_bar(SHOWN_FROM_BYTES) as bar:
        bar.advance(SHOWN_FROM_BYTES // 2)
        bar.on_progress(
            msgspec.Raw(b'{"type":"vibes.diy.res-progress","stage":"packages","partNumber":2,"parts":3}')
        )
        bar.on_progress(msgspec.Raw(b'{"type":"vibes.diy.res-progress","stage":"ready"}'))
        bar.on_progress(msgspec.Raw(b'{"type":"vibes.diy.res-progress","stage":"unheard of"}'))

    shown = terminal.getvalue()
    assert "50%" in shown
    assert "packages 2 of 3" in shown
    assert "ready" in shown


def test_what_is_short_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    with open_bar(SHOWN_FROM_BYTES - 1) as bar:
        bar.advance(1)
        bar.on_progress(msgspec.Raw(b"{}"))

    assert terminal.getvalue() == ""


def test_in_lines_only_what_the_server_says_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with open_bar(SHOWN_FROM_BYTES, tells=True) as bar:
        bar.advance(SHOWN_FROM_BYTES)
        bar.on_progress(
            msgspec.Raw(b'{"type":"vibes.diy.res-progress","stage":"failed","message":"no \\u001bpackage"}')
        )
        bar.on_progress(msgspec.Raw(b"[]"))

    assert capsys.readouterr().err == "failed no \ufffdpackage\n"


def test_without_a_terminal_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with open_bar(SHOWN_FROM_BYTES) as bar:
        bar.advance(1)

    assert capsys.readouterr().err == ""
