"""`vibes-trio completions`: what makes a shell complete commands and flags, made from the parser itself."""

import argparse
from argparse import Namespace

import shtab

from vibes_trio.commands.output import OK, tell

HOW = {
    "bash": "Put it into ~/.local/share/bash-completion/completions/vibes-trio, and open a new shell.",
    "zsh": "Put it into a folder of $fpath as _vibes-trio, and open a new shell.",
    "fish": "Put it into ~/.config/fish/completions/vibes-trio.fish.",
}
PATHS = ("FOLDER", "FILE", "DIR")


def main(options: Namespace) -> int:
    """Print the completions of a shell."""
    print(complete(options.make_parser(), options.shell))
    tell(HOW[options.shell])
    return OK


def complete(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the completions of *parser*'s commands for *shell*."""
    for action in _actions(parser):
        if action.metavar in PATHS:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(parser, shell)


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found = []
    for action in parser._actions:
        found.append(action)
        if isinstance(action, argparse._SubParsersAction):
            found += [inner for below in action.choices.values() for inner in _actions(below)]
    return found
