"""Chats from the command line."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from served import Served

from vibes_trio.client import Api, ConnectionLost
from vibes_trio.commands.chat_text import blocks_of
from vibes_trio.wire.chat import ReqAppendChatSection

Capture = pytest.CaptureFixture[str]


def printed(served: Served, capsys: Capture, *words: str, code: int = 0, as_user: str = "ada") -> str:
    capsys.readouterr()
    assert served.run("chat", *words, as_user=as_user) == code
    return capsys.readouterr().out


def test_a_chat_is_made_written_and_read(served: Served, capsys: Capture) -> None:
    chat = printed(served, capsys, "new", "--title", "A shop", "--app", "ada/shop").strip()

    assert printed(served, capsys, "append", chat, "Make it round") == "0\n"
    assert printed(served, capsys, "append", chat, "--as-llm", "Done.\nIt is round.") == "1\n"

    shown = printed(served, capsys, "read", chat)
    assert "Make it round\n" in shown
    assert "Done.\nIt is round.\n" in shown
    assert shown.index("#0 user ") < shown.index("#1 llm ")
    sections = json.loads(printed(served, capsys, "read", chat, "--since", "1", "--json"))
    assert [(section["seq"], section["origin"]) for section in sections] == [(1, "llm")]
    rows = printed(served, capsys, "list")
    assert chat in rows
    assert "A shop" in rows
    assert printed(served, capsys, "list", "--user", "nobody") == ""
    assert chat in printed(served, capsys, "list", "--user", "ada")


def test_reading_shows_the_last_ones_in_order(served: Served, capsys: Capture) -> None:
    printed(served, capsys, "new", "long")
    for number in range(5):
        printed(served, capsys, "append", "long", str(number))

    def seqs(*words: str) -> list[int]:
        return [s["seq"] for s in json.loads(printed(served, capsys, "read", "long", "--json", *words))]

    assert seqs("--limit", "2") == [3, 4]
    assert seqs("--since", "1", "--limit", "3") == [1, 2, 3]
    assert seqs("--since", "9") == []


def test_text_and_blocks_come_from_standard_input_and_files(
    served: Served, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed(served, capsys, "new", "piped")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from a pipe\n")))
    printed(served, capsys, "append", "piped")
    blocks = bytes(blocks_of("from a file", "llm", ""))
    (tmp_path / "blocks.json").write_bytes(blocks)
    printed(served, capsys, "append", "piped", "--as-llm", "--blocks", str(tmp_path / "blocks.json"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(blocks)))
    printed(served, capsys, "append", "piped", "--as-llm", "--blocks", "-")

    assert printed(served, capsys, "read", "piped").count("from a file") == 2
    assert "from a pipe" in printed(served, capsys, "read", "piped")


@pytest.mark.parametrize("blocks", ["{", "{}", '[{"type":"block.code.begin"}]', "[1]"])
def test_blocks_that_are_none_are_a_usage_error(
    served: Served, capsys: Capture, tmp_path: Path, blocks: str
) -> None:
    (tmp_path / "blocks.json").write_text(blocks)

    printed(served, capsys, "append", "x", "--blocks", str(tmp_path / "blocks.json"), code=2)


def test_a_section_is_appended_once_though_no_answer_came(
    served: Served, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for before it is sent again, as anybody would by hand."""
    ask, lost = Api.request, list[Any]()

    async def request(api: Api, asked: Any, on_progress: Any = None) -> Any:
        answer = await ask(api, asked, on_progress)
        if isinstance(asked, ReqAppendChatSection) and not lost:
            lost.append(answer)
            raise ConnectionLost("the server restarts")
        return answer

    printed(served, capsys, "new", "once")
    monkeypatch.setattr(Api, "request", request)

    assert printed(served, capsys, "append", "once", "hello") == "0\n"
    assert len(lost) == 1
    assert len(json.loads(printed(served, capsys, "read", "once", "--json"))) == 1


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
def test_nothing_is_not_appended(
    served: Served, capsys: Capture, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A pipe that gives nothing is a mistake, and leaves no empty section."""
    printed(served, capsys, "new", "quiet")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    printed(served, capsys, "append", "quiet", code=2)

    assert printed(served, capsys, "read", "quiet") == ""


@pytest.mark.parametrize(
    "words",
    [
        ("append", "nosuch", "hi"),
        ("read", "nosuch"),
        ("tail", "nosuch"),
        ("tail", "nosuch", "--since", "0"),
        ("export", "nosuch"),
        ("title", "nosuch", "x"),
        ("rm", "nosuch", "--yes"),
        ("search", "word", "--chat", "nosuch"),
    ],
)
def test_a_chat_that_is_not_there_is_told_in_words_of_commands(
    served: Served, capsys: Capture, words: tuple[str, ...]
) -> None:
    """What a server says names a message, which helps programs only."""
    capsys.readouterr()

    assert served.run("chat", *words, "--json") == 1

    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "not-found"
    assert "There is no chat nosuch. `vibes-trio chat list` lists yours" in error["message"]


def test_what_was_not_deleted_can_not_be_had_back(served: Served, capsys: Capture) -> None:
    capsys.readouterr()

    assert served.run("chat", "undo", "nosuch") == 1
    assert "`vibes-trio chat list --deleted` lists yours" in capsys.readouterr().err
    assert served.run("undo", "nosuch") == 1
    assert "`vibes-trio undo --list` lists what can be" in capsys.readouterr().err


def test_a_chat_is_named_deleted_and_had_back(served: Served, capsys: Capture) -> None:
    printed(served, capsys, "new", "gone")
    assert printed(served, capsys, "title", "gone", "Going") == "Going\n"

    printed(served, capsys, "rm", "gone", code=2)
    assert printed(served, capsys, "rm", "gone", "--yes") == "gone is deleted\n"
    assert "gone" not in printed(served, capsys, "list")
    assert "gone" in printed(served, capsys, "list", "--deleted")
    assert printed(served, capsys, "undo", "gone").startswith("gone is back")
    assert "Going" in printed(served, capsys, "list")


def test_nobody_reads_somebody_else_s(served: Served, capsys: Capture) -> None:
    printed(served, capsys, "new", "hers")

    for words in (("read", "hers"), ("append", "hers", "x"), ("rm", "hers", "--yes"), ("tail", "hers")):
        printed(served, capsys, *words, code=1, as_user="eve")


def test_what_is_appended_is_followed(served: Served, capsys: Capture) -> None:
    """As a person sees it: one terminal follows, another appends; Ctrl-C ends it."""
    printed(served, capsys, "new", "live")
    printed(served, capsys, "append", "live", "before")
    command = [sys.executable, "-m", "vibes_trio", "chat", "tail", "live", "--since", "0", "--json"]
    who = ["--url", served.url, "--device", str(served.folder / "ada.json")]
    with subprocess.Popen([*command, *who], stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        first = json.loads(tail.stdout.readline())
        printed(served, capsys, "append", "live", "then")
        second = json.loads(tail.stdout.readline())
        tail.send_signal(signal.SIGINT)
        assert tail.wait(20) == 130

    assert [first["seq"], second["seq"]] == [0, 1]


def test_following_ends_where_it_is_told(served: Served, capsys: Capture) -> None:
    printed(served, capsys, "new", "ends")
    printed(served, capsys, "append", "ends", "\x1b[31mred")

    assert "\ufffd[31mred" in printed(served, capsys, "tail", "ends", "--since", "0", "--until", "0")


def test_words_are_found_in_all_my_chats(served: Served, capsys: Capture) -> None:
    printed(served, capsys, "new", "found", "--title", "Findings")
    printed(served, capsys, "append", "found", "a zebra and a yak")
    printed(served, capsys, "append", "found", "no such animals")

    shown = printed(served, capsys, "search", "zebra ya")
    assert shown.startswith("found #0 Findings\n")
    assert "a zebra and a yak" in shown
    (one,) = json.loads(printed(served, capsys, "search", "zebra", "--chat", "found", "--json"))
    assert (one["contextId"], one["seq"]) == ("found", 0)
    assert printed(served, capsys, "search", "zebra", as_user="eve") == ""
