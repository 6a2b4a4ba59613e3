"""`vibes-diy push`: the files of a folder become an app."""

import urllib.error
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


def test_a_private_app_is_shown_to_nobody_who_is_not_let_in(cli: Cli, server: Server) -> None:
    """`--private`: pushed, listed to its owner, and not served."""
    out = cli.succeed("push", "-a", "for-me", "--handle", "me", "--private")

    assert "Access: private" in out
    assert "Deployed: me/for-me" in out
    assert "production" in cli.succeed("versions", "me/for-me")
    for path in ("/", "/App.jsx"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(server, "for-me--me.localhost", path)
        assert refused.value.code in (401, 403, 404)
        assert b"Hello" not in refused.value.read()


def test_the_access_that_is_asked_for_is_the_apps_from_then_on(cli: Cli, server: Server) -> None:
    """A private app that is pushed as open is open, and the other way round."""
    cli.succeed("push", "-a", "in-turns", "--handle", "me", "--private")
    cli.succeed("push", "-a", "in-turns", "--handle", "me", "--access", "open", "--no-access-fn")
    assert "Hello" in fetch(server, "in-turns--me.localhost", "/App.jsx")

    cli.succeed("push", "-a", "in-turns", "--handle", "me", "--access", "private")
    with pytest.raises(urllib.error.HTTPError):
        fetch(server, "in-turns--me.localhost", "/App.jsx")
