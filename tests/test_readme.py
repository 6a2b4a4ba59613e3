"""The README tells what the code does."""

import re
from pathlib import Path

from readme_tables import PIPELINE, render, requests

README = Path(__file__).parents[1] / "README.md"


def test_the_tables_are_those_of_the_code():
    text = README.read_text("utf-8")

    assert render(text) == text, "run scripts/readme"


def test_every_request_has_a_handler():
    names = {handler.name for handler in PIPELINE}

    assert {str(request.__struct_config__.tag) for request in requests()} <= names


def test_pictures_are_there():
    shown = re.findall(r"!\[[^\]]+\]\((\S+)\)", README.read_text("utf-8"))

    assert {"tests/pictures/example.png", "tests/pictures/home.png", "tests/pictures/app.png"} <= set(shown)
    assert all((README.parent / path).stat().st_size > 10_000 for path in shown)


def test_browsers_that_do_not_know_names_under_localhost_are_named():
    """Else the first address that is printed leads nowhere, and nothing says why."""
    start = README.read_text("utf-8").partition("## Deploy from a terminal")[2].partition("\n## ")[0]

    assert "Safari before macOS 26" in start
    assert "/etc/hosts" in start
