"""What the reference's client and command line say and read of chats."""

import json
import re
from pathlib import Path

import pytest
from reference import Cli, Server

pytestmark = pytest.mark.slow

LEAD_CHAT = Path(__file__).with_name("lead_chat.mjs")


def test_a_public_push_has_its_wizards_turn(cli: Cli) -> None:
    """The program opens the app's chat, asks for rules, waits for the whole turn, and sends what it brought."""
    done = cli.run("push", "-a", "with-rules", "--handle", "me")

    assert done.code == 0, done
    assert "running the access wizard" in done.err + done.out
    assert "Deployed: me/with-rules" in done.out
    assert (cli.app / "access.js").read_text().startswith("// Who may write what")
    assert re.fullmatch(r"z\w+  \S+Z\n", cli.succeed("codegen-log", "me/with-rules"))
    shown = cli.succeed("codegen-log", "me/with-rules", "--response", "--user")
    assert "> Set up data access control rules" in shown
    assert "export default function access" in shown


def test_a_chat_is_led_with_files_and_told_again_to_who_opens_it_later(cli: Cli, server: Server) -> None:
    """By the client library: each turn whole and in order, on a second connection as on the first."""
    token = server.run("token", "--lifetime", "600").strip()
    said = cli.run_script(LEAD_CHAT, API_URL=f"{server.url}/api", TOKEN=token, APP="led")
    told = {one["name"]: one for one in said}
    live = told["set"]["events"] + told["updated"]["events"]

    assert (told["opened"]["ownerHandle"], told["opened"]["appSlug"]) == ("me", "led")
    assert (told["set"]["mode"], told["updated"]["mode"]) == ("fs-set", "fs-update")
    assert told["replayed"]["chatId"] == told["opened"]["chatId"]
    assert told["replayed"]["events"] == live
    for turn in (told["set"], told["updated"]):
        types = [kind for event in turn["events"] for kind in event["types"]]
        assert {event["promptId"] for event in turn["events"]} == {turn["promptId"]}
        assert [event["blockSeq"] for event in turn["events"]] == list(range(len(turn["events"])))
        assert types[:3] == ["prompt.block-begin", "prompt.fs", "block.begin"]
        assert types[-2:] == ["block.end", "prompt.block-end"]
    assert [line for event in live for line in event["lines"]] == [
        "export default () => <p>one</p>;",
        "export default () => <p>two</p>;",
    ]
    assert "transform-failed" in told["broken"]["error"]

    _reads_it_back(cli, told)


def _reads_it_back(cli: Cli, told: dict[str, dict[str, object]]) -> None:
    """What the command line prints of the chats that the library led."""
    chat_id, talk_id = str(told["opened"]["chatId"]), str(told["talk"]["chatId"])
    assert chat_id in cli.succeed("codegen-log", "me/led")
    details = cli.succeed("codegen-log", "me/led", chat_id)
    assert "File: /Part.jsx" in details
    files = json.loads(cli.succeed("codegen-log", "me/led", "--files"))
    assert files["App.jsx"].strip() == "export default () => <p>one</p>;"
    assert files["Part.jsx"].strip() == "export default () => <p>two</p>;"
    assert "<p>one</p>" in cli.succeed("codegen-log", "me/led", "-r", "--turn", str(told["set"]["promptId"]))

    assert talk_id in cli.succeed("app-chats", "me/led")
    assert cli.run("app-chats", "me/led", talk_id).code == 0
