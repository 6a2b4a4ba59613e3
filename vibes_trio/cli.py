"""The command line: finds the command in `commands.table`, loads its module alone, turns errors into exit codes.

An error that can be foreseen is one line on standard error: what is wrong, where, what to do. Only a mistake of
ours shows a traceback.
"""

import argparse
import contextlib
import difflib
import importlib
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, cast

from vibes_trio import __version__
from vibes_trio.collector import spare_collector
from vibes_trio.commands.command import Command
from vibes_trio.commands.output import (
    FAILED,
    INTERRUPTED,
    UNUSABLE,
    USAGE,
    CommandFailed,
    print_error,
    print_error_json,
)
from vibes_trio.commands.table import COMMANDS, GROUPS, HEADINGS, SETTING_FLAGS, SYNONYMS, setting_flags
from vibes_trio.errors import ConfigError, ModuleFailed, VibesError
from vibes_trio.logs.lines import LEVELS, setup_logs

PROGRAM = "vibes-trio"
PRIVATE_UMASK = 0o077
_DESCRIPTION = "A home for the small apps that people make by talking to a model."
_EPILOG = f"""\
`{PROGRAM} COMMAND --help` tells more. New here? `{PROGRAM} serve`,
and in another shell `{PROGRAM} example my-app` and `{PROGRAM} deploy my-app`.
exit codes: 0 done, 1 failed or refused, 2 not understood, 3 no server there,
4 a setting, key or data folder can't be used, 130 interrupted"""

Run = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that *argv* (default: the process's arguments) asks for; return the exit code.

    Raises:
        SystemExit: argparse's way of ending after `--help`, `--version` and usage errors.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = make_parser()
    if not arguments:
        parser.print_help()
        return USAGE
    options, unknown = parser.parse_known_args(flags_first(arguments))
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options.make_parser = make_parser  # for `completions`, which can't import what imports it
    setup_logs(options.log_level)
    with umask(options.umask):
        return run(run_target, options)


_FLAG = re.compile(r"-(?![0-9]+$)")
"""What a flag begins with, and a number below zero does not."""


def flags_first(arguments: Sequence[str]) -> list[str]:
    """Return *arguments* with the flags of the command before its other arguments; the order within both stays.

    argparse takes arguments that may lack for lacking as soon as a flag stands before them (until Python 3.13).
    """
    words = next(
        (len(words) for c in COMMANDS if list(arguments[: len(words := c.words.split())]) == words), 0
    )
    values = _flags_with_value()
    flags: list[str] = []
    others: list[str] = []
    bare: list[str] = []  # such as may have a value and have none: they would take one of the others for it
    left = deque(arguments[words:])
    while left:
        word = left.popleft()
        if word == "--":
            others += [word, *left]
            break
        if not word.startswith("-") or word == "-":
            others.append(word)
        elif word not in values:
            flags.append(word)
        elif left and not (values[word] == "?" and _FLAG.match(left[0])):
            flags += [word, left.popleft()]
        elif values[word] == "?":
            bare.append(word)
        else:
            return list(arguments)  # its value is missing, which is told
    if "--" in others:
        return [*arguments[:words], *flags, *bare, *others]
    return [*arguments[:words], *flags, *others, *bare]


def _flags_with_value() -> dict[str, str]:
    """Return the flags that take a value; `?`: which may lack."""
    of_all = ["--log-level", *SETTING_FLAGS]
    return dict.fromkeys(of_all, "") | {
        name: argument.options.get("nargs", "")
        for command in COMMANDS
        for argument in command.arguments
        for name in argument.names
        if argument.options.get("action") != "store_true"
    }


def run(command: Run, options: argparse.Namespace) -> int:
    """Run *command*; return its exit code, or that of the foreseen error it ended with, which is printed."""

    def fail(text: str, exit_code: int = FAILED, code: str = "failed") -> int:
        if getattr(options, "json", False):
            print_error_json(text, code, exit_code)
        else:
            print_error(text)
        return exit_code

    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except CommandFailed as error:
        cause = error.__cause__
        return fail(str(error), error.exit_code, cause.code if isinstance(cause, VibesError) else "failed")
    except VibesError as error:
        return fail(error.message, code=error.code)
    except ModuleFailed as error:
        return fail(str(error))
    except ConfigError as error:
        return fail(str(error), UNUSABLE)
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return fail(_os_words(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseExceptionGroup as group:
        if group.split(KeyboardInterrupt)[1] is not None:
            raise
        return INTERRUPTED  # it came while tasks ran side by side


def run_target(options: argparse.Namespace) -> int:
    """Run the command of *options*. To load it takes a while already, in which Ctrl-C may come."""
    return load_target(options.target)(options)


@contextlib.contextmanager
def umask(mask: int | None) -> Iterator[None]:
    """Make files with *mask* for the block, here and in the programs that are started; None: as it is."""
    if mask is None:
        yield
        return
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def load_target(target: str) -> Run:
    """Return the function that `module:function` names, its module imported now."""
    name, _, function = target.partition(":")
    module = sys.modules.get(name)
    if module is None:
        with spare_collector():
            module = importlib.import_module(name)
    return cast(Run, getattr(module, function))


def _os_words(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}." if error.filename and error.strerror else str(error)


# -- the parser -------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """Says what may have been meant when a word is not understood."""

    def error(self, message: str) -> NoReturn:
        """Print usage, *message* and a hint; exit with USAGE."""
        self.print_usage(sys.stderr)
        words = re.sub(
            r"argument COMMAND: invalid choice: ('[^']*') \(choose from .*\)",
            r"there is no command \1",
            message,
        )
        print_error(
            f"{words}{hint(message, words_of(self.prog.removeprefix(PROGRAM).strip()))} Try `{self.prog} --help`."
        )
        self.exit(USAGE)


class TopParser(Parser):
    """Shows all commands at once, a line each, by what they are for."""

    def format_help(self) -> str:
        """Return the help of the program, which fits on one screen."""
        shown = [f"usage: {PROGRAM} COMMAND ...", str(self.description)]
        lines = dict(command_lines())
        width = max(len(word) for words in lines.values() for word, _ in words)
        for heading, title in HEADINGS.items():
            rows = (f"  {word:<{width}}  {summary}" for word, summary in lines[heading])
            shown.append("\n".join([f"{title}:", *rows]))
        return "\n\n".join([*shown, str(self.epilog)]) + "\n"


def command_lines() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give each heading of the help with the words and summaries under it; a group has one line."""
    for heading in HEADINGS:
        rows: dict[str, str] = {}
        for command in COMMANDS:
            group, _, word = command.words.rpartition(" ")
            if command.heading == heading:
                summary = GROUPS.get(group, command.summary)
                rows.setdefault(group or word, summary.partition(";")[0])
        yield heading, list(rows.items())


class _PutSetting(argparse.Action):
    """Keeps a flag's value under the name of its setting, which is `const`."""

    # Any: argparse's own signature
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: Any = None,
    ) -> None:
        setattr(namespace, self.dest, {**getattr(namespace, self.dest), self.const: values})


def hint(message: str, words: Sequence[str]) -> str:
    """Return a sentence about what may have been meant by the wrong word in argparse's *message*.

    Args:
        words: that it may look like, where the message doesn't say which are possible.
    """
    wrong = re.search(
        r"invalid choice: '([^']*)'(?: \(choose from (.*)\))?|unrecognized arguments: (\S+)", message
    )
    if wrong is None:
        return "."
    possible = re.findall(r"[\w-]+", wrong[2]) if wrong[2] else words
    meant = SYNONYMS.get(wrong[1] or "")
    if meant and meant.split()[0] in possible:
        return f". Did you mean {meant}?"
    near = difflib.get_close_matches((wrong[1] or wrong[3] or "").partition("=")[0], possible, n=1)
    return f". Did you mean {near[0]}?" if near else "."


def words_of(words: str) -> list[str]:
    """Return the flags that the command of these *words* takes; of no command every word and flag that can be typed."""
    meant = [command for command in COMMANDS if command.words == words]
    flags = {
        name for command in meant or COMMANDS for argument in command.arguments for name in argument.names
    }
    if not meant or meant[0].takes_settings:
        flags |= {*SETTING_FLAGS}
    named = set() if meant else {"--version", *(word for one in COMMANDS for word in one.words.split())}
    return sorted(flags | named | {"--log-level", "--data-dir"})


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = TopParser(prog=PROGRAM, description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    top = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    groups: dict[str, Any] = {}  # Any: argparse keeps the type of subparsers to itself
    for command in COMMANDS:
        group, _, word = command.words.rpartition(" ")
        if group and group not in groups:
            inner = _add_parser(top, group, group, GROUPS[group])
            groups[group] = inner.add_subparsers(title="commands", metavar="COMMAND", required=True)
        added = _add_parser(groups.get(group, top), word, command.words, command.summary, command.examples)
        _add_arguments(added, command)
    return parser


def _add_parser(parsers: Any, word: str, words: str, summary: str, examples: Sequence[str] = ()) -> Parser:
    lines = "".join(f"\n  {PROGRAM} {example}" for example in examples)
    parser = parsers.add_parser(
        word,
        prog=f"{PROGRAM} {words}",
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:{lines}" if lines else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    return cast(Parser, parser)


def _add_arguments(parser: Parser, command: Command) -> None:
    for argument in command.arguments:
        parser.add_argument(*argument.names, **argument.options)
    group = parser.add_argument_group("settings")
    for flag, setting in setting_flags(command):
        group.add_argument(
            flag,
            action=_PutSetting,
            dest="settings",
            const=setting.name,
            default={},
            metavar="N" if setting.parse == "int" else setting.name.rpartition("_")[2],
            help=f"{setting.meaning} ({setting.name})",
        )
    group.add_argument(
        "--log-level",
        choices=LEVELS,
        default=command.log_level,
        help=f"from which level on to log ({command.log_level})",
    )
    parser.set_defaults(
        parser=parser, target=command.target, umask=None if command.writes_outside else PRIVATE_UMASK
    )
