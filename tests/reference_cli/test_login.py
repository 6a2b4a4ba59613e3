"""`vibes-diy login`: the person's browser opens the server's page; the program waits for its certificate."""

import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from reference import COMMAND_TIMEOUT_S, Cli, Server

pytestmark = pytest.mark.slow


class _Browser(urllib.request.HTTPRedirectHandler):
    """Follows redirects, as a browser does, and knows where it ended."""


def open_page(address: str, form: dict[str, str] | None = None) -> str:
    data = urlencode(form).encode() if form is not None else None
    with urllib.request.build_opener(_Browser()).open(address, data, timeout=30) as page:
        return page.read().decode()


def test_a_code_of_the_operator_signs_the_program_in(make_cli: Callable[..., Cli], server: Server) -> None:
    """Address, page, code, certificate, and the next command is that user's."""
    cli = make_cli("nobody", "")
    code = server.run("device", "code", "--user", "me").strip()
    # `xdg-open` is what it opens a browser with; the test is the browser.
    (cli.folder / "bin").mkdir()
    opener = cli.folder / "bin" / "xdg-open"
    opener.write_text("#!/bin/sh\nexit 0\n")
    opener.chmod(0o755)
    env = cli.env() | {"PATH": f"{opener.parent}{os.pathsep}{cli.env()['PATH']}"}

    assert cli.run("list").code == 1
    waiting = subprocess.Popen(
        cli.command("login", "--timeout", "60"),
        cwd=cli.app,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        address = next(
            found[0] for line in waiting.stdout if (found := re.search(r"http://\S+csr-to-cert\S+", line))
        )
        query = parse_qs(urlsplit(address).query)
        page = open_page(address)
        assert "One-time code" in page
        with pytest.raises(urllib.error.HTTPError, match="403"):
            open_page(address.partition("?")[0], {name: query[name][0] for name in query} | {"code": "WRONG"})
        open_page(address.partition("?")[0], {name: query[name][0] for name in query} | {"code": code})
        rest = waiting.communicate(timeout=COMMAND_TIMEOUT_S)[0]
    finally:
        waiting.kill()

    assert waiting.returncode == 0, rest
    # Started anew, as who it is it reads once.
    push = cli.command("push", "-a", "signed-in", "--handle", "me", "--no-access-fn")
    pushed = subprocess.run(
        push, cwd=cli.app, env=env, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False
    )
    assert pushed.returncode == 0, pushed
    assert "Deployed: me/signed-in" in pushed.stdout
