"""What differs, between two releases and between a folder and a release."""

import json

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]


def source(words: str) -> str:
    return f"export default () => <p>{words}</p>;\n"


@pytest.fixture(scope="module")
def two(served: Served) -> Served:
    """Two releases of `shop`: the first is shown, the second tried out."""
    served.deploy("shop", App_jsx=source("one"), gone_txt="bye\n", same_css="p {}", bin_dat="a\0")
    served.deploy(
        "shop", "--mode", "dev", App_jsx=source("two"), new_txt="hi\n", same_css="p {}", bin_dat="b\0"
    )
    return served


def test_files_that_differ_are_listed(two: Served, capsys: Capture) -> None:
    capsys.readouterr()

    assert two.run("diff", "shop") == 0

    assert capsys.readouterr().out == "M  /App.jsx\nM  /bin.dat\nD  /gone.txt\nA  /new.txt\n"


def test_a_patch_shows_how(two: Served, capsys: Capture) -> None:
    capsys.readouterr()

    assert two.run("diff", "shop", "--patch") == 0

    printed = capsys.readouterr().out
    assert "--- a/App.jsx\n+++ b/App.jsx\n@@ -1 +1 @@\n" in printed
    assert "-export default () => <p>one</p>;\n+export default () => <p>two</p>;\n" in printed
    assert "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n" in printed
    assert "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hi\n" in printed
    assert "/bin.dat differs; it is no text" in printed
    assert "same.css" not in printed


def test_programs_get_the_names(two: Served, capsys: Capture) -> None:
    capsys.readouterr()

    assert two.run("diff", "shop", "--json") == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["added"], found["removed"]) == (["/new.txt"], ["/gone.txt"])


def test_the_same_twice_does_not_differ(two: Served, capsys: Capture) -> None:
    assert two.run("diff", "shop", "v1", "v1") == 0

    assert "No file differs." in capsys.readouterr().err


def test_a_dry_run_tells_what_would_change(two: Served, capsys: Capture) -> None:
    """By the newest release, shown or not; what a deploy would take away is listed, too."""
    capsys.readouterr()

    assert two.deploy("shop", "--dry-run", App_jsx=source("two"), new_txt="ho\n", more_txt="") == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["CHANGE", "FILE", "SIZE"]
    assert [row[:2] for row in rows[1:]] == [
        ["/App.jsx", str(len(source("two")))],
        ["added", "/more.txt"],
        ["changed", "/new.txt"],
        ["removed", "/bin.dat"],
        ["removed", "/same.css"],
    ]
    assert two.deploy("shop", "--dry-run", "--json", App_jsx=source("two")) == 0
    files = {file["name"]: file["change"] for file in json.loads(capsys.readouterr().out)["files"]}
    assert files["/App.jsx"] == ""
    assert files["/new.txt"] == "removed"


def test_a_dry_run_of_what_is_there_says_so(served: Served, capsys: Capture) -> None:
    """A column of nothing would leave it open."""
    served.deploy("calm", App_jsx=source("one"))
    capsys.readouterr()

    assert served.deploy("calm", "--dry-run", App_jsx=source("one")) == 0
    assert "No file differs" in capsys.readouterr().err
    assert served.deploy("calm", "--dry-run", App_jsx=source("two")) == 0
    assert "No file differs" not in capsys.readouterr().err


def test_a_dry_run_of_a_new_app_says_so(served: Served, capsys: Capture) -> None:
    assert served.deploy("fresh", "--dry-run", App_jsx=source("one")) == 0

    assert "ada/fresh: there is no such app yet" in capsys.readouterr().err
