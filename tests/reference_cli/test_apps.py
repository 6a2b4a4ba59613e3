"""Handles, lists, versions, publishing and secrets, by the reference's command line."""

import json
import re

import pytest
from reference import Cli

pytestmark = pytest.mark.slow

FS_ID = r"z[0-9A-Za-z]{40,}"


def push(cli: Cli, app: str, *args: str) -> str:
    return cli.succeed("push", "-a", app, "--handle", "me", "--no-access-fn", *args)


def test_a_handle_is_suggested_claimed_and_the_default_from_then_on(cli: Cli) -> None:
    """What follows needs no `--handle`."""
    suggested = cli.succeed("claim-handle")
    claimed = cli.succeed("claim-handle", "Cli-Garden")
    pushed = cli.succeed("push", "-a", "claimed", "--no-access-fn")
    settings = cli.succeed("user-settings")

    assert "Available handles:" in suggested
    assert "Claimed @cli-garden" in claimed
    assert "Deployed: cli-garden/claimed" in pushed
    assert "Default handle: cli-garden" in settings


def test_an_app_is_listed_with_its_versions_and_taken_down_and_put_back(cli: Cli) -> None:
    """Each as the command prints it."""
    push(cli, "listed")
    cli.write(App_jsx="export default function App() {\n  return <h1>Two</h1>;\n}\n")
    push(cli, "listed", "--mode", "dev")

    assert "me/listed" in cli.succeed("list").splitlines()
    rows = [json.loads(line) for line in cli.succeed("list", "--json").splitlines()]
    assert {"ownerHandle": "me", "appSlug": "listed"}.items() <= next(
        row.items() for row in rows if row["appSlug"] == "listed"
    )
    newest, first = cli.succeed("versions", "me/listed").splitlines()
    assert re.search(rf"{FS_ID}  dev  seq=2  ", newest)
    assert re.search(rf"{FS_ID}  production  seq=1  .*\(published\)", first)

    published = cli.succeed("publish", "me/listed")
    assert re.search(rf"Published me/listed → production fsId {FS_ID} \(seq \d\). Live.", published)
    assert "Unpublished me/listed at 20" in cli.succeed("unpublish", "me/listed")
    assert "me/listed  [unpublished]" in cli.succeed("list")
    assert "Live." in cli.succeed("publish", "me/listed")
    assert "me/listed  [unpublished]" not in cli.succeed("list")


def test_versions_of_an_app_that_is_not_there_are_none(cli: Cli) -> None:
    assert cli.succeed("versions", "me/nowhere") == "No versions for me/nowhere\n"
    assert cli.run("publish", "me/nowhere").code == 1
    assert cli.run("unpublish", "me/nowhere").code == 1


def test_a_secret_is_set_listed_by_name_and_removed(cli: Cli) -> None:
    """Its value never comes back."""
    push(cli, "with-secret")

    told = cli.succeed("secrets", "set", "API_KEY", "sk-very-secret-1234", "--vibe", "me/with-secret")
    listed = cli.succeed("secrets", "ls", "--vibe", "me/with-secret")
    cli.succeed("secrets", "rm", "API_KEY", "--vibe", "me/with-secret")

    assert "API_KEY" in told
    assert "API_KEY" in listed
    assert "1234" in listed
    assert "very-secret" not in told + listed
    assert cli.succeed("secrets", "ls", "--vibe", "me/with-secret") == "(no secrets set)\n"
