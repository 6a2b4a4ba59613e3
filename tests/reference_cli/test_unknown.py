"""What is not here is answered at once, in words: the reference's client waits half a minute for an answer."""

import time

import pytest
from reference import COMMAND_TIMEOUT_S, Cli

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command", [("developer", "ls", "--vibe", "me/hello")], ids=lambda command: command[0]
)
def test_a_command_for_what_is_not_here_says_so_at_once(cli: Cli, command: tuple[str, ...]) -> None:
    """Exit code 1, and which message is not known."""
    started = time.monotonic()

    done = cli.run(*command)

    assert done.code == 1
    assert "is known here" in done.err
    assert time.monotonic() - started < COMMAND_TIMEOUT_S / 3
