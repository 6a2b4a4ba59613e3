"""One server for all commands of a process, and the reference's command line on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reference import PLAIN_APP, Cli, Program, Server, find_reference, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with its first user, `me`."""
    find_reference()
    with serving(tmp_path_factory.mktemp("reference") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """What runs all commands of this process."""
    running = Program(find_reference())
    yield running
    running.stop()


@pytest.fixture
def make_cli(server: Server, program: Program, tmp_path: Path) -> Callable[..., Cli]:
    """A command line for *who*, whose device is *device_id*, in a home of its own."""

    def make(who: str, device_id: str) -> Cli:
        folder = tmp_path / who
        (folder / "home").mkdir(parents=True)
        (folder / "app").mkdir()
        cli = Cli(find_reference(), server.url, device_id, folder, program)
        cli.write(App_jsx=PLAIN_APP)
        return cli

    return make


@pytest.fixture
def cli(server: Server, make_cli: Callable[..., Cli]) -> Cli:
    """The command line of the server's first user, in the folder of a small app."""
    return make_cli("me", server.device_id)
