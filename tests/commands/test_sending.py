"""A deploy sends what the server lacks, and no more."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from served import Served

from vibes_trio.client.connection import Connection
from vibes_trio.client.uploads import Uploads
from vibes_trio.commands import sending
from vibes_trio.commands.sending import SENT_WHOLE_BYTES, as_ref
from vibes_trio.content.cid import calc_cid
from vibes_trio.wire.base import encode
from vibes_trio.wire.files import CodeBlock, CodeRef, StrAssetBlock, StrAssetRef, Uint8AssetBlock, write_bytes

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => <p>hello</p>;\n"
BIG = "x" * (SENT_WHOLE_BYTES + 1)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Sizes of the messages that go out."""
    sizes: list[int] = []
    exchange = Connection.exchange

    async def note(self: Connection, payload: msgspec.Struct, **rest: Any) -> msgspec.Raw:
        sizes.append(len(encode(payload)))
        return await exchange(self, payload, **rest)

    monkeypatch.setattr(Connection, "exchange", note)
    return sizes


def files_of(served: Served, capsys: Capture, app: str, *words: str, **files: str) -> dict[str, int]:
    capsys.readouterr()
    assert served.deploy(app, "--json", *words, **files) == 0
    items = json.loads(capsys.readouterr().out)["fileSystem"]
    return {item["fileName"]: item["size"] for item in items if not item["fileName"].startswith("/~~")}


def test_what_was_sent_before_is_not_sent_again(served: Served, capsys: Capture, sent: list[int]) -> None:
    first = files_of(served, capsys, "shop", App_jsx=SOURCE, big_txt=BIG)
    largest = max(sent)
    sent.clear()
    second = files_of(served, capsys, "shop", App_jsx=SOURCE.replace("hello", "bye"), big_txt=BIG)

    assert first.keys() == second.keys() == {"/App.jsx", "/big.txt"}
    assert second["/big.txt"] == len(BIG)
    assert max(sent) < largest - len(BIG) / 2


def test_the_same_again_is_the_same_release(served: Served, capsys: Capture) -> None:
    ids = []
    for _ in range(2):
        capsys.readouterr()
        served.deploy("same", "--json", App_jsx=SOURCE, big_txt=BIG, index_css="p {}")
        ids.append(json.loads(capsys.readouterr().out)["fsId"])

    assert ids[0] == ids[1]


def test_what_somebody_else_has_sent_is_sent_again(served: Served, capsys: Capture, sent: list[int]) -> None:
    """Whoever asks learns nothing of others' files."""
    files_of(served, capsys, "mine", App_jsx=SOURCE, big_txt=BIG + "secret")
    sent.clear()

    assert served.deploy("theirs", as_user="eve", App_jsx=SOURCE, big_txt=BIG + "secret") == 0

    assert max(sent) > len(BIG)


def test_what_does_not_fit_into_a_message_goes_before(
    served: Served, capsys: Capture, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SHARE_OF_MESSAGE", 100_000 / 2**24)
    put: list[int] = []
    upload = Uploads.put

    async def note(self: Uploads, handle: str, app: str, content: bytes, *rest: Any) -> Any:
        put.append(len(content))
        return await upload(self, handle, app, content, *rest)

    monkeypatch.setattr(Uploads, "put", note)
    files = {f"part{number}_txt": str(number) * 60_000 for number in range(4)}

    found = files_of(served, capsys, "large", App_jsx=SOURCE, **files)

    assert {name: size for name, size in found.items() if name != "/App.jsx"} == {
        f"/part{number}.txt": 60_000 for number in range(4)
    }
    assert put == [60_000] * 3
    assert max(sent) < 100_000


def test_a_whole_release_may_be_larger_than_a_message(
    served: Served, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty megabytes, in files none of which a message could not hold."""
    files = {f"part{number}_txt": str(number) * (4 * 2**20) for number in range(5)}

    found = files_of(served, capsys, "huge", App_jsx=SOURCE, **files)

    assert sum(found.values()) > 20 * 2**20


def test_a_file_is_named_in_place_of_its_content() -> None:
    code = as_ref(CodeBlock(filename="/a.jsx", lang="jsx", content="1", entry_point=True), calc_cid(b"1"))

    assert isinstance(code, CodeRef)
    assert (code.filename, code.entry_point, code.ref_id) == ("/a.jsx", True, calc_cid(b"1"))
    assert isinstance(as_ref(StrAssetBlock(filename="/a.css", content="1"), calc_cid(b"1")), StrAssetRef)
    picture = as_ref(Uint8AssetBlock(filename="/a.png", content=write_bytes(b"1")), calc_cid(b"1"))
    assert as_ref(picture, calc_cid(b"2")) is picture


def test_a_deploy_that_is_interrupted_leaves_nothing_and_goes_on_with_the_rest(
    served: Served, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it ends: there is no release until all is there, and what is there isn't sent again."""
    monkeypatch.setattr(sending, "SHARE_OF_MESSAGE", 1000 / 2**24)
    monkeypatch.setattr(sending, "UPLOADS_AT_ONCE", 1)
    upload = Uploads.put
    put: list[str] = []
    allowed = [0]

    async def interrupted(self: Uploads, handle: str, app: str, content: bytes, *rest: Any) -> Any:
        if len(put) >= allowed[0]:
            raise KeyboardInterrupt
        put.append(calc_cid(content))
        return await upload(self, handle, app, content, *rest)

    monkeypatch.setattr(Uploads, "put", interrupted)
    files = {f"part{number:02}_txt": f"{number} " * 2000 for number in range(20)}
    for allowed[0] in range(20):
        assert served.deploy("cut", App_jsx=SOURCE, **files) == 130
        capsys.readouterr()
        assert served.run("versions", "cut", "--json") == 1
        assert "there is no such app" in capsys.readouterr().err
    allowed[0] = 99

    assert len(files_of(served, capsys, "cut", App_jsx=SOURCE, **files)) == 21

    assert len(put) == len(set(put)) == 20, "nothing was sent twice"
