"""Chats as files, there and back."""

import json
from pathlib import Path

import msgspec
import pytest
from served import Served

from vibes_trio.commands.chat_files import find_format
from vibes_trio.commands.output import CommandFailed

Capture = pytest.CaptureFixture[str]


def printed(served: Served, capsys: Capture, *words: str, code: int = 0, as_user: str = "ada") -> str:
    capsys.readouterr()
    assert served.run("chat", *words, as_user=as_user) == code
    return capsys.readouterr().out


def make_chat(served: Served, capsys: Capture, name: str) -> None:
    printed(served, capsys, "new", name, "--title", "A shop")
    printed(served, capsys, "append", name, "Make it round")
    printed(served, capsys, "append", name, "--as-llm", "It is round.")


@pytest.mark.parametrize("format", ["vibes", "open-webui", "chatgpt"])
def test_a_chat_goes_into_a_file_and_comes_back(
    served: Served, capsys: Capture, tmp_path: Path, format: str
) -> None:
    make_chat(served, capsys, f"from-{format}")
    file = tmp_path / "chat.json"

    assert (
        printed(served, capsys, "export", f"from-{format}", "--format", format, "--out", str(file))
        == f"{file}\n"
    )
    imported = json.loads(printed(served, capsys, "import", str(file), "--json"))["items"]

    (chat,) = imported
    assert chat["title"] == "A shop"
    shown = printed(served, capsys, "read", chat["contextId"])
    assert "Make it round" in shown
    assert "It is round." in shown


def test_an_export_is_printed_where_no_file_is_named(served: Served, capsys: Capture) -> None:
    make_chat(served, capsys, "printed")

    assert len(json.loads(printed(served, capsys, "export", "printed"))["sections"]) == 2
    assert json.loads(printed(served, capsys, "export", "printed", "--json"))["format"] == "vibes"
    printed(served, capsys, "export", "printed", code=1, as_user="eve")


@pytest.mark.parametrize("text", ["{", "{}", "[]", "1", '"x"', '[{"other": 1}]'])
def test_what_is_no_export_is_said(served: Served, capsys: Capture, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)

    printed(served, capsys, "import", str(tmp_path / "x.json"), code=2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_file_is_read_in_whatever_unicode_it_is_in(
    served: Served, capsys: Capture, tmp_path: Path, encoding: str
) -> None:
    message = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Müsli 東京"]}}
    chat = {"title": f"in {encoding}", "mapping": {"a": {"message": message}}}
    (tmp_path / "x.json").write_bytes(json.dumps(chat, ensure_ascii=False).encode(encoding))

    imported = json.loads(printed(served, capsys, "import", str(tmp_path / "x.json"), "--json"))["items"]

    assert "Müsli 東京" in printed(served, capsys, "read", imported[0]["contextId"])


@pytest.mark.parametrize("data", [b'{"sections": "\xff"}', b"[" * 100_000, b"\xff\xfe1", b"\x00"])
def test_what_can_not_be_read_is_said_in_a_line(
    served: Served, capsys: Capture, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "x.json").write_bytes(data)

    assert served.run("chat", "import", str(tmp_path / "x.json"), as_user="ada") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_what_is_left_out_moves_no_cursor(served: Served, capsys: Capture, tmp_path: Path) -> None:
    message = {"author": {"role": "\x1b[2Jtool"}, "content": {"content_type": "text", "parts": ["x"]}}
    (tmp_path / "x.json").write_text(json.dumps({"mapping": {"a": {"message": message}}}))

    assert served.run("chat", "import", str(tmp_path / "x.json"), as_user="ada") == 0

    told = capsys.readouterr().err
    assert "[2Jtool (1)" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"sections": []}, "vibes"),
        ([{"mapping": {}, "title": "t"}], "chatgpt"),
        ([{"chat": {"history": {}}}], "open-webui"),
    ],
)
def test_an_export_is_known_by_its_looks(content: object, expected: str) -> None:
    assert find_format(msgspec.Raw(json.dumps(content).encode())) == expected


def test_another_one_has_to_be_named() -> None:
    with pytest.raises(CommandFailed, match="--format vibes, open-webui or chatgpt"):
        find_format(msgspec.Raw(b"[]"))
