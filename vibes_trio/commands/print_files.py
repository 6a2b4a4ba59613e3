"""`vibes-trio print`: files for the programs round a server, to be put where those look for them."""

from argparse import Namespace
from collections.abc import Callable, Mapping

from vibes_trio.commands.grafana import make_dashboard
from vibes_trio.commands.output import OK

FILES: Mapping[str, Callable[[], str]] = {"grafana": make_dashboard}


def main(options: Namespace) -> int:
    """Print one of FILES."""
    print(FILES[options.what]())
    return OK
