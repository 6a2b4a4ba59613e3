"""`vibes-diy put-asset`: a file of any kind, and its address."""

import hashlib
import re

import pytest
from reference import Cli

from vibes_trio.content.cid import calc_cid

pytestmark = pytest.mark.slow


def test_a_file_is_put_and_fetched_back_by_the_command(cli: Cli) -> None:
    """Sent in chunks, as the program streams it; `--verify-fetch` asks for it again."""
    content = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(40_000))
    (cli.app / "photo.png").write_bytes(content)

    out = cli.succeed("put-asset", "photo.png", "--handle", "me", "-a", "pictures", "--verify-fetch")

    assert calc_cid(content) in out
    assert re.search(rf"size\W+{len(content)}\b", out), out
    assert re.search(r"verified\W+true", out), out


def test_an_empty_file_is_refused_in_words(cli: Cli) -> None:
    """The program prints what the server says."""
    (cli.app / "nothing.txt").write_text("")

    done = cli.run("put-asset", "nothing.txt", "--handle", "me")

    assert done.code == 1
    assert "The file is empty" in done.err
