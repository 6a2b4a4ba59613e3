"""Where an app is, for a person and their browser."""

import json
import webbrowser

import pytest
from served import Served

Capture = pytest.CaptureFixture[str]
SOURCE = "export default () => 1;\n"


def test_an_app_is_opened_in_the_browser(
    served: Served, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or len(opened) == 1)
    served.deploy("shop", App_jsx=SOURCE)
    capsys.readouterr()

    assert served.run("open", "shop") == 0
    url = capsys.readouterr().out.strip()
    assert url.startswith("http://shop--ada.localhost:")
    assert served.run("open", "shop") == 0
    assert "no browser" in capsys.readouterr().err
    assert served.run("open", "shop", "--print") == 0
    assert opened == [url, url]


def test_a_release_has_an_address_of_its_own(served: Served, capsys: Capture) -> None:
    served.deploy("shop", App_jsx=SOURCE)
    deployed = capsys.readouterr().out.splitlines()[-1]

    assert served.run("open", "shop", "--release", "v1", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {"url": deployed}


def test_an_app_that_is_not_there_is_said(served: Served, capsys: Capture) -> None:
    assert served.run("open", "nothing", "--print") == 1

    assert "there is no such app" in capsys.readouterr().err
