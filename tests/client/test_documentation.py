"""The examples that the client's documentation shows run as they stand."""

import doctest
import re
from pathlib import Path
from typing import Any

import pytest
import trio

import vibes_trio.client
from vibes_trio.errors import NotOwner

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_of_the_package_say_what_they_print(
    served: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(served.folder)
    (test,) = doctest.DocTestFinder(recurse=False).find(
        vibes_trio.client, "client", extraglobs={"url": served.url, "trio": trio, "NotOwner": NotOwner}
    )

    result = doctest.DocTestRunner().run(test)

    assert result.failed == 0, capsys.readouterr().out
    assert result.attempted > 5


def test_the_program_in_the_readme_runs(
    served: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    section = README.read_text("utf-8").partition("\n## Use it from Python\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(served.folder)

    for block in blocks:
        exec(compile(block.replace("http://localhost:8787", served.url), "README", "exec"), {})

    assert blocks
    assert capsys.readouterr().out
