"""What a deploy and a section bring, checked without storage; over a pipe it is the same."""

import msgspec
import pytest
from asking import DEPLOY, js, text

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.errors import TooLarge
from vibes_trio.services.given import check_env, pack_deploy, read_deploy, unpack_deploy
from vibes_trio.steps import run_through
from vibes_trio.wire.deploy import ReqEnsureAppSlug

FILES = [
    js("/App.js", "export default 1", entryPoint=True),
    text("/a.txt", "words", mimetype=""),
    {"type": "uint8-asset-block", "filename": "/b", "content": [1, 2, 3]},
    {"type": "code-ref", "filename": "/c.ts", "refId": "z1"},
    {"type": "code-ref", "filename": "/c.png", "refId": "z" * 1000},
]


def request(*files, **members) -> ReqEnsureAppSlug:
    members = {"type": DEPLOY, "mode": "dev", "fileSystem": list(files)} | members
    return msgspec.json.decode(msgspec.json.encode(members), type=ReqEnsureAppSlug)


def test_what_went_over_a_pipe_is_what_was_given():
    req = request(*FILES, appSlug="garden", env={"A": "é"})

    assert unpack_deploy(pack_deploy(req, Limits())) == run_through(read_deploy(req, Limits()))


def test_files_of_every_kind_become_one_form():
    deploy = run_through(read_deploy(request(*FILES), Limits()))

    assert deploy.entry_point == "/App.js"
    assert [(f.name, f.content, f.lang, f.is_code) for f in deploy.files] == [
        ("/App.js", b"export default 1", "js", True),
        ("/a.txt", b"words", None, False),
        ("/b", b"\1\2\3", None, False),
        ("/c.ts", None, "ts", True),
        ("/c.png", None, None, True),
    ]
    assert deploy.files[0].cid == calc_cid(b"export default 1")
    assert (deploy.files[1].mime, deploy.files[2].mime) == ("", "application/octet-stream")
    assert len(deploy.files[4].cid) == 200  # longer than any CID; no more of it is needed to find nothing


def test_many_files_are_read_in_steps():
    steps = read_deploy(request(*(text(f"/{n}", "") for n in range(100))), Limits())

    assert sum(1 for _ in steps) == 3


def test_env_has_a_bound_in_names_and_in_bytes():
    limits = Limits()
    check_env({str(n): "" for n in range(limits.max_env_names)}, limits)

    with pytest.raises(TooLarge) as names:
        check_env({str(n): "" for n in range(limits.max_env_names + 1)}, limits)
    with pytest.raises(TooLarge) as size:
        check_env({"A": "é" * (limits.max_env_bytes // 2)}, limits)

    assert (names.value.detail["limit"], size.value.detail["limit"]) == ("max_env_names", "max_env_bytes")


def test_a_run_is_known_by_its_whole_id_or_refused():
    """Cut, it could be another's, whose release would be replaced."""
    longest = "r" * Limits().max_run_id_chars
    assert run_through(read_deploy(request(*FILES, runId=longest), Limits())).run_id == longest

    with pytest.raises(TooLarge, match="runId") as refused:
        run_through(read_deploy(request(*FILES, runId=longest + "x"), Limits()))

    assert refused.value.detail["limit"] == "max_run_id_chars"
