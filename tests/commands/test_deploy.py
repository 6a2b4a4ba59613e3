import json
import re
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest
import trio
from plain_proxy import serve_plain_proxy
from served import in_a_thread

from vibes_trio.cli import main
from vibes_trio.client import dial, posts, tokens
from vibes_trio.commands import deploy, session
from vibes_trio.commands.address import write_address
from vibes_trio.commands.credentials import find_url
from vibes_trio.commands.output import FAILED, INTERRUPTED, OK, UNREACHABLE, USAGE, CommandFailed
from vibes_trio.commands.plan import read_env
from vibes_trio.commands.serve import prepare
from vibes_trio.config import Config

NOWHERE = "http://127.0.0.1:9"  # the port of `discard`, which nobody serves any more
Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Running:
    """A server, and what a person has: a folder with an app."""

    data_dir: Path
    app: Path
    url: str

    def deploy(self, *arguments: str, path: Path | None = None) -> int:
        return main(["deploy", str(path or self.app), "--data-dir", str(self.data_dir), *arguments])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("deploy")
    config = Config(data_dir=folder / "data", port=0, modules="cdn", registry_url="none")
    (folder / "My App").mkdir()
    (folder / "My App" / "App.jsx").write_text("export default () => <p>hello</p>;\n")
    prepare(config, time.time())
    with in_a_thread(config) as app:
        found = Running(config.data_dir, folder / "My App", f"http://127.0.0.1:{app.config.port}")
        # The handle that deploys without `--user` go to is the first there is, whichever test runs first.
        assert found.deploy("--app", "first") == OK
        yield found


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIBES_URL", "VIBES_DEVICE_ID", "VIBES_DATA_DIR", "VIBES_ENV"):
        monkeypatch.delenv(name, raising=False)


def test_a_folder_is_deployed_with_nothing_but_its_name(running: Running, capsys: Capture) -> None:
    assert running.deploy() == OK

    printed = capsys.readouterr()
    port = running.url.rpartition(":")[2]
    assert printed.out.startswith(f"http://my-app--me.localhost:{port}/~z")
    assert printed.out.count("\n") == 1
    assert f"1 file, 35 bytes, to {running.url}" in printed.err


def test_a_token_that_another_server_was_sent_counts_there_only(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Fails where tokens are for nobody in particular: the other server could publish here with it."""
    sent = []

    def note(url: str, asker: session.Asker, *rest: object) -> NoReturn:
        sign = tokens.signer(asker.token, url)
        assert sign is not None
        sent.append(trio.run(sign).token)
        raise CommandFailed("seen")

    with monkeypatch.context() as patch:
        patch.setattr(deploy, "with_server", note)
        assert running.deploy("--url", NOWHERE) == FAILED
        assert running.deploy() == FAILED
    capsys.readouterr()

    assert running.deploy("--token", sent[0]) == FAILED
    assert "made for another server" in capsys.readouterr().err
    assert running.deploy("--token", sent[1]) == OK


def test_the_server_is_known_by_other_names_too(running: Running) -> None:
    port = running.url.rpartition(":")[2]

    assert running.deploy("--url", f"http://LOCALHOST:{port}/") == OK
    assert running.deploy("--url", f"http://127.0.0.1:{port}/v1/ws") == OK


def test_where_the_newest_release_is_is_told_beside_the_result(running: Running, capsys: Capture) -> None:
    assert running.deploy() == OK
    live = capsys.readouterr()
    assert running.deploy("--mode", "dev") == OK
    tried = capsys.readouterr()

    newest = re.search(r"the newest release is always at (http://\S+/)\n", live.err)
    assert newest
    assert live.out.startswith(f"{newest[1]}~")
    assert "for trying out" in tried.err
    assert newest[1] not in tried.err


def test_deploying_again_leads_to_the_same_app(running: Running, capsys: Capture) -> None:
    running.deploy()
    running.deploy()

    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_everything_can_be_said(running: Running, capsys: Capture) -> None:
    code = running.deploy(
        "--app", "other", "--user", "ada", "--mode", "dev", "--env", "A=1=2", "--env=B=", "--json"
    )

    release = json.loads(capsys.readouterr().out)
    assert code == OK
    assert (release["appSlug"], release["userSlug"], release["mode"]) == ("other", "ada", "dev")
    assert release["env"] == {"A": "1=2", "B": ""}


def test_one_file_is_an_app_of_its_name(running: Running, capsys: Capture) -> None:
    assert running.deploy("--json", path=running.app / "App.jsx") == OK

    release = json.loads(capsys.readouterr().out)
    assert (release["appSlug"], release["fileSystem"][0]["fileName"]) == ("app", "/App.jsx")


def test_a_token_will_do_in_place_of_a_key_file(running: Running, tmp_path: Path, capsys: Capture) -> None:
    main(["token", "--data-dir", str(running.data_dir)])
    token = capsys.readouterr().out.strip()

    code = main(
        [
            "deploy",
            str(running.app),
            "--data-dir",
            str(tmp_path),
            "--url",
            running.url,
            "--token",
            token,
            "--user",
            "me",
        ]
    )

    assert code == OK
    assert capsys.readouterr().out.startswith("http://my-app--me.")


def test_a_token_says_under_which_name_to_publish(running: Running, capsys: Capture) -> None:
    assert running.deploy("--token", token_of(running, capsys)) == OK

    out, err = capsys.readouterr()
    assert out.startswith("http://my-app--me.")
    assert "--user" not in err


def test_the_file_that_is_shown_can_be_named(running: Running, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "A.jsx").write_text("export default () => <p>a</p>;")
    (tmp_path / "B.jsx").write_text("export default () => <p>b</p>;")

    assert running.deploy("--json", "--app", "named", "--entry", "./B.jsx", path=tmp_path) == OK
    shown = json.loads(capsys.readouterr().out)
    code = running.deploy("--dry-run", "--entry", "C.jsx", path=tmp_path)

    flagged = [item["fileName"] for item in shown["fileSystem"] if item.get("entryPoint")]
    assert (flagged, shown.get("warnings")) == (["/B.jsx"], None)
    assert code == FAILED
    assert "--entry C.jsx: there is no such file among those that are sent." in capsys.readouterr().err


def test_values_of_the_folders_own_files_are_sent_and_named(
    running: Running, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "App.jsx").write_text("export default () => import.meta.env.VITE_A;")
    (tmp_path / ".env").write_text("VITE_A=1\nVITE_B=2\nSECRET=3\n")

    assert running.deploy("--json", "--app", "valued", "--env", "VITE_B=4", path=tmp_path) == OK

    out, err = capsys.readouterr()
    assert json.loads(out)["env"] == {"VITE_A": "1", "VITE_B": "4"}
    assert "values for the page, from .env: VITE_A (--env NAME= leaves one out)" in err


def test_how_a_folder_was_read_is_no_warning(running: Running, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "App.jsx").write_text("export default () => <p>hi</p>;")
    (tmp_path / "package.json").write_text('{"devDependencies": {"vite": "7"}}')

    assert running.deploy("--app", "told", path=tmp_path) == OK

    lines = capsys.readouterr().err.splitlines()
    assert "read as a Vite project; its entry is App.jsx" in lines


def token_of(running: Running, capsys: Capture) -> str:
    """Return a token that counts by whatever name the server is reached, as it isn't told the proxy's address here."""
    main(["token", "--data-dir", str(running.data_dir)])
    return capsys.readouterr().out.strip()


def test_behind_a_proxy_without_websockets_it_is_sent_by_post(running: Running, capsys: Capture) -> None:
    token = token_of(running, capsys)

    with serve_plain_proxy(int(running.url.rpartition(":")[2])) as url:
        assert running.deploy("--url", url, "--token", token, "--user", "me") == OK

    printed = capsys.readouterr()
    assert printed.out.startswith("http://my-app--me.localhost:")
    assert "HTTP status 503 instead of a WebSocket" in printed.err
    assert "a proxy has to pass the headers Upgrade, Connection and Host on" in printed.err


def test_refusals_come_through_such_a_proxy_too(running: Running, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "App.jsx").write_text("export default () => <p>;\n")
    named = ("--token", token_of(running, capsys), "--user", "me")

    with serve_plain_proxy(int(running.url.rpartition(":")[2]), max_body=20_000) as url:
        assert running.deploy("--url", url, "--app", "broken", *named, path=tmp_path) == FAILED
        broken = capsys.readouterr().err
        assert running.deploy("--url", url, "--token", "x", "--user", "me") == FAILED
        refused = capsys.readouterr().err
        (tmp_path / "large.txt").write_text("x" * 30_000)
        assert running.deploy("--url", url, *named, path=tmp_path) == UNREACHABLE

    assert "error: /App.jsx:" in broken
    assert "does not take these credentials" in refused
    assert "takes no message of this size" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ahead_s", "words"),
    [(90, r"clock is (89|90|91) s ahead of the server's"), (-600, r"clock is 10 min behind the server's")],
)
@pytest.mark.parametrize("is_proxied", [False, True])
def test_a_clock_that_is_off_is_named_with_the_difference(
    running: Running,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    ahead_s: int,
    words: str,
    is_proxied: bool,
) -> None:
    """The server runs in this process: only the client's clock is another one."""
    wrong = SimpleNamespace(time=lambda: time.time() + ahead_s)
    for module in (session, tokens, dial, posts):
        monkeypatch.setattr(module, "time", wrong)

    with serve_plain_proxy(int(running.url.rpartition(":")[2])) as proxy:
        assert running.deploy(*(["--url", proxy] if is_proxied else [])) == FAILED

    printed = capsys.readouterr().err
    assert re.search(words, printed)
    assert "device issue" not in printed


@pytest.mark.parametrize("ahead_s", [2, -60])
def test_a_clock_that_is_off_a_little_does_no_harm(
    running: Running, monkeypatch: pytest.MonkeyPatch, ahead_s: int
) -> None:
    wrong = SimpleNamespace(time=lambda: time.time() + ahead_s)
    for module in (session, tokens, dial):
        monkeypatch.setattr(module, "time", wrong)

    assert running.deploy() == OK


def test_a_source_that_does_not_compile_is_said_with_its_place(
    running: Running, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "App.jsx").write_text("export default () => <p>;\n")

    assert running.deploy("--app", "broken", path=tmp_path) == FAILED

    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.search(r"^error: /App\.jsx:[12]:\d+: .*closing", printed.err, re.MULTILINE)


def test_a_token_that_does_not_count_is_refused_with_advice(running: Running, capsys: Capture) -> None:
    assert running.deploy("--token", "x", "--user", "me") == FAILED

    assert "does not take these credentials" in capsys.readouterr().err


def test_the_name_of_someone_else_is_refused_with_advice(
    running: Running, tmp_path: Path, capsys: Capture
) -> None:
    running.deploy("--user", "taken")
    data = ["--data-dir", str(running.data_dir)]
    main(["user", "add", "eve", *data])
    main(["device", "issue", "--user", "eve", "--out", str(tmp_path / "eve.json"), *data])
    capsys.readouterr()

    assert running.deploy("--user", "taken", "--device", str(tmp_path / "eve.json")) == FAILED

    assert "belongs to someone else. Choose another. Name one: --user SLUG." in capsys.readouterr().err


def test_another_user_publishes_under_a_name_of_his_own(
    running: Running, tmp_path: Path, capsys: Capture
) -> None:
    data = ["--data-dir", str(running.data_dir)]
    main(["user", "add", "grace", *data])
    main(["device", "issue", "--user", "grace", "--out", str(tmp_path / "grace.json"), *data])
    capsys.readouterr()

    assert running.deploy("--device", str(tmp_path / "grace.json")) == OK

    assert capsys.readouterr().out.startswith("http://my-app--grace.")


def test_a_server_that_is_not_there_has_an_exit_code_of_its_own(running: Running, capsys: Capture) -> None:
    assert running.deploy("--url", NOWHERE) == UNREACHABLE

    assert "Is a server running there?" in capsys.readouterr().err


def test_an_address_that_is_none_is_said(running: Running, capsys: Capture) -> None:
    assert running.deploy("--url", "localhost") == USAGE

    err = capsys.readouterr().err
    assert "error: localhost: is no address" in err
    assert "Is a server running" not in err


def test_a_dry_run_lists_and_sends_nothing(running: Running, capsys: Capture) -> None:
    assert running.deploy("--dry-run", "--url", NOWHERE) == OK

    out, err = capsys.readouterr()
    assert out.split() == ["FILE", "SIZE", "/App.jsx", "35", "bytes"]
    assert "read as components; its entry is App.jsx" in err


def test_a_dry_run_tells_how_a_folder_is_read_and_what_is_wrong(
    running: Running, capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "App.jsx").write_text("export default () => <p>hi</p>;")
    (tmp_path / "package.json").write_text('{"devDependencies": {"vite": "7"}}')
    (tmp_path / "vite.config.js").write_text("export default {}")
    (tmp_path / "index.html").write_text(
        '<div id="root"></div><script type="module" src="/src/main.jsx"></script>'
    )

    assert running.deploy("--dry-run", path=tmp_path) == OK

    err = capsys.readouterr().err
    assert "warning: /index.html: names /src/main.jsx, which is not among the files." in err
    assert (
        "read as a Vite project; its page is index.html; its entry is App.jsx; 1 file is no part of the page"
        in err
    )


def test_what_is_not_sent_is_told(running: Running, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "App.jsx").write_text("export default () => 1;\n")
    (tmp_path / "key.pem").write_text("secret")

    running.deploy("--dry-run", path=tmp_path)
    left_out = capsys.readouterr()
    running.deploy("--dry-run", "--include", "key.pem", path=tmp_path)
    included = capsys.readouterr()

    assert "not sent (secrets): key.pem" in left_out.err
    assert "key.pem" not in left_out.out
    assert ("not sent" in included.err, "/key.pem" in included.out) == (False, True)


@pytest.mark.parametrize("pair", ["A", "=1", ""])
def test_an_env_that_is_no_pair_is_a_usage_error(running: Running, pair: str, capsys: Capture) -> None:
    assert running.deploy(f"--env={pair}") == USAGE

    assert "NAME=VALUE is wanted" in capsys.readouterr().err


def test_the_last_of_two_values_counts() -> None:
    assert read_env(["A=1", "A=2"]) == {"A": "2"}
    with pytest.raises(CommandFailed):
        read_env(["A=1", "B"])


def test_the_nearest_address_wins(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path)
    assert find_url(Namespace(url=""), config, {}) == ""

    write_address(tmp_path, "http://served", 1)

    assert find_url(Namespace(url=""), config, {}) == "http://served"
    assert find_url(Namespace(url=""), config, {"VIBES_URL": "http://env"}) == "http://env"
    assert find_url(Namespace(url="http://flag"), config, {"VIBES_URL": "http://env"}) == "http://flag"


def test_warnings_of_the_files_and_of_the_server_are_shown(
    running: Running, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    assert running.deploy("--app", "notes", path=tmp_path) == OK

    assert "warning: There is no module" in capsys.readouterr().err


def test_the_file_beside_the_app_says_where_it_goes(
    running: Running, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not sent; flags and the environment win over it."""
    (tmp_path / "App.jsx").write_text("export default () => 1;\n")
    (tmp_path / "vibes.toml").write_text(
        f'app = "shop"\nurl = "{NOWHERE}"\nenv = {{ A = "1", B = "2" }}\n'
        f'[profiles.staging]\napp = "shop-staging"\nurl = "{running.url}"\nmode = "dev"\nenv = {{ B = "3" }}\n'
    )

    def release(*arguments: str) -> tuple[str, str, dict[str, str], list[str]]:
        assert running.deploy("--json", *arguments, path=tmp_path) == OK
        told = json.loads(capsys.readouterr().out)
        names = [f["fileName"] for f in told["fileSystem"] if not f["fileName"].startswith("/~~")]
        return told["appSlug"], told["mode"], told["env"], names

    assert running.deploy(path=tmp_path) == UNREACHABLE
    capsys.readouterr()
    monkeypatch.setenv("VIBES_ENV", "staging")
    assert release() == ("shop-staging", "dev", {"A": "1", "B": "3"}, ["/App.jsx"])
    assert release("--app", "other", "--mode", "production", "--env", "A=9") == (
        "other",
        "production",
        {"A": "9", "B": "3"},
        ["/App.jsx"],
    )
    monkeypatch.setenv("VIBES_URL", running.url)
    monkeypatch.delenv("VIBES_ENV")
    assert release()[:2] == ("shop", "production")


def test_a_profile_that_is_not_there_is_a_usage_error(running: Running, capsys: Capture) -> None:
    assert running.deploy("--profile", "staging") == USAGE

    assert "there is no profile 'staging'" in capsys.readouterr().err


def test_watching_deploys_each_change_and_goes_on_after_a_mistake(running: Running, tmp_path: Path) -> None:
    """As a person sees it: the command in a process, a file that is saved, an address that is printed."""
    (tmp_path / "App.jsx").write_text("export default () => <p>one</p>;\n")
    command = [sys.executable, "-m", "vibes_trio", "deploy", str(tmp_path), "--app", "watched", "--watch"]
    data = ["--data-dir", str(running.data_dir)]
    with subprocess.Popen(
        [*command, *data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        first = shown.stdout.readline()
        (tmp_path / "App.jsx").write_text("export default () => <p>;\n")
        while not (line := shown.stderr.readline()).startswith("error: /App.jsx:"):
            assert line, "it ended"
        (tmp_path / "App.jsx").write_text("export default () => <p>two</p>;\n")
        second = shown.stdout.readline()
        shown.send_signal(signal.SIGINT)
        assert shown.wait(20) == INTERRUPTED

    assert re.match(r"http://watched--me\.localhost:\d+/~z\w+~", first)
    assert re.match(r"http://watched--me\.localhost:\d+/~z\w+~", second)
    assert first != second


def test_who_waits_is_told_how_far_it_is(running: Running, capsys: Capture) -> None:
    assert running.deploy("--wait") == OK

    printed = capsys.readouterr()
    assert "received" in printed.err
    assert "ready" in printed.err
    assert printed.out.startswith("http://my-app--me.")


def test_without_a_word_this_folder_is_meant_where_a_file_says_so(
    running: Running, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody publishes their home by mistake."""
    (tmp_path / "App.jsx").write_text("export default () => 1;\n")
    monkeypatch.chdir(tmp_path)
    deploy = ["deploy", "--data-dir", str(running.data_dir)]

    assert main(deploy) == USAGE
    assert "`vibes-trio deploy .` publishes this one" in capsys.readouterr().err
    (tmp_path / "vibes.toml").write_text('app = "here"')
    assert main(deploy) == OK
    assert capsys.readouterr().out.startswith("http://here--me.")
