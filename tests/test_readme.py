"""The README tells what the code does."""

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
    assert (README.parent / "tests" / "pictures" / "example.png").stat().st_size > 10_000
