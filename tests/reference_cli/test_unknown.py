"""What is not here is answered, in words: the reference's client waits half a minute for an answer that never comes."""

import pytest
from reference import Cli

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command",
    [
        ("developer", "ls", "--vibe", "me/not-here"),
        ("developer", "add", "somebody", "--vibe", "me/not-here"),
        ("recommend", "add", "me/other", "--vibe", "me/not-here"),
    ],
    ids=" ".join,
)
def test_a_command_for_what_is_not_here_says_so(cli: Cli, command: tuple[str, ...]) -> None:
    """Exit code 1, and what is not there; not that nobody has answered."""
    done = cli.run(*command)

    assert done.code == 1
    assert "Not Implemented" in done.err
    assert "Request idle" not in done.err
