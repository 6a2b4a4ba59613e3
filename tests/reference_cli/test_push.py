"""`vibes-diy push`: the files of a folder become an app."""

import urllib.request

import pytest
from reference import Cli, Server

pytestmark = pytest.mark.slow


def fetch(server: Server, host: str, path: str) -> str:
    port = server.url.rpartition(":")[2]
    asked = urllib.request.Request(f"{server.url}{path}", headers={"Host": f"{host}:{port}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read().decode()


def test_what_is_pushed_is_served_where_the_command_says(cli: Cli, server: Server) -> None:
    """Files of all kinds are sent, and come back from the app's address."""
    cli.write(style_css="h1 { color: teal }", notes_md="# Notes")

    out = cli.succeed("push", "-a", "first-push", "--handle", "me", "--no-access-fn")

    assert "Deployed: me/first-push\n" in out
    assert f"URL: {server.url}/vibe/me/first-push\n" in out
    assert "Hello" in fetch(server, "first-push--me.localhost", "/App.jsx")
    assert fetch(server, "first-push--me.localhost", "/style.css") == "h1 { color: teal }"
    assert fetch(server, "first-push--me.localhost", "/notes.md") == "# Notes"


def test_pushing_the_same_again_succeeds(cli: Cli) -> None:
    """The same files make no second release; the command can't tell."""
    first = cli.succeed("push", "-a", "twice", "--handle", "me", "--no-access-fn")

    assert cli.succeed("push", "-a", "twice", "--handle", "me", "--no-access-fn") == first


def test_a_source_that_does_not_compile_is_told_with_its_place(cli: Cli) -> None:
    """The command prints what the server says, and fails."""
    cli.write(App_jsx="export default function App() {\n  return <h1>;\n}\n")

    done = cli.run("push", "-a", "broken", "--handle", "me", "--no-access-fn")

    assert done.code == 1
    assert "Push failed: /App.jsx:4:" in done.err
