"""Every command as data: its words, the function that does it, its arguments and examples.

Light on purpose: `--help` loads this and nothing of the server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vibes_trio.config import SETTINGS, Setting


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its flags (or the name of a positional one) and what argparse has to know of it."""

    names: tuple[str, ...]
    options: Mapping[str, Any]  # Any: the keywords of `ArgumentParser.add_argument`


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        words: as typed, for example `device issue`.
        target: `module:function` that takes the parsed arguments and returns the exit code.
        summary: what it does, a line.
        examples: lines to type, after the program's name.
        log_level: from which on it logs, unless told otherwise.
        takes_settings: whether each setting has a flag; else only the data folder has.
        writes_outside: what it writes lies where the user says, with the modes that the user's umask gives. Files
            of the data folder are the owner's alone, whatever the umask.
    """

    words: str
    target: str
    summary: str
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    log_level: str = "warning"
    takes_settings: bool = False
    writes_outside: bool = False


def _argument(*names: str, **options: Any) -> Argument:  # Any: as in Argument
    return Argument(names, options)


_JSON = _argument("--json", action="store_true", help="print the result as JSON")
_USER = _argument("--user", required=True, metavar="NAME", help="whose device it is; see `user list`")
_DEVICE = _argument(
    "--device",
    metavar="FILE",
    help="key file to sign in with; otherwise VIBES_DEVICE_ID, then this machine's own",
)
_URL = _argument(
    "--url",
    default="",
    help="address of the server; otherwise VIBES_URL, then the one on this machine",
)

GROUPS: Mapping[str, str] = {
    "device": "issue, list and revoke the key files of devices",
    "user": "add and list users",
    "keys": "show and replace the server's own keys",
    "toolchain": "fetch the native compiler",
    "modules": "packages from npm as this server's own modules",
    "config": "see the settings",
}

COMMANDS: tuple[Command, ...] = (
    Command(
        "serve",
        "vibes_trio.commands.serve:main",
        "run the server; everything that it needs is made at the first start",
        examples=(
            "serve",
            "serve --port 9000 --data-dir ./data",
            "serve --workers 4",
            "serve --host 0.0.0.0 --hostname-base apps.example.org --protocol https",
        ),
        log_level="info",
        takes_settings=True,
    ),
    Command(
        "deploy",
        "vibes_trio.commands.deploy:main",
        "publish a folder (or one file) as an app and print its address",
        (
            _argument("path", metavar="FOLDER", help="folder of the app, or one file"),
            _argument(
                "--app", default="", metavar="SLUG", help="name of the app; otherwise that of the folder"
            ),
            _argument(
                "--user", default="", metavar="SLUG", help="name to publish under; otherwise the device's"
            ),
            _argument(
                "--mode",
                choices=("production", "dev"),
                default="production",
                help="dev: publish without making it what the app's plain address shows",
            ),
            _argument(
                "--env",
                action="append",
                default=[],
                metavar="NAME=VALUE",
                help="hand a value to the app's page; may be repeated",
            ),
            _argument(
                "--entry",
                default="",
                metavar="FILE",
                help="the file that is shown, where several could be, such as src/Demo.jsx",
            ),
            _URL,
            _DEVICE,
            _argument("--token", default="", help="a token of `vibes-trio token`, in place of a key file"),
            _argument(
                "--include",
                action="append",
                default=[],
                metavar="NAME",
                help="send what would be left out, such as a key; a name or pattern as in .gitignore; may be repeated",
            ),
            _argument(
                "--dry-run",
                action="store_true",
                help="list what would be sent, say how it is read, and send nothing",
            ),
            _JSON,
        ),
        (
            "deploy my-app",
            "deploy my-app --mode dev --env GREETING=hello",
            "deploy App.jsx --app hello --url https://vibes.example.org --device ada.json",
        ),
    ),
    Command(
        "example",
        "vibes_trio.commands.example:main",
        "write the example app into a new folder, to start from",
        (_argument("folder", metavar="FOLDER", help="folder to make; it may be there if it is empty"),),
        ("example my-app",),
        writes_outside=True,
    ),
    Command(
        "token",
        "vibes_trio.commands.token:main",
        "print a fresh token for scripts",
        (
            _DEVICE,
            _argument(
                "--lifetime",
                type=int,
                default=120,
                metavar="SECONDS",
                help="how long it counts (120; at most 3600)",
            ),
            _URL,
        ),
        ("token --device ada.json --url https://vibes.example.org",),
    ),
    Command(
        "device issue",
        "vibes_trio.commands.device:issue",
        "make a key file with which a user signs in from a device; it is as good as a password",
        (
            _USER,
            _argument("--days", type=int, default=90, help="how long it counts (90)"),
            _argument(
                "--out",
                metavar="FILE",
                help="where to write it, - for standard output; otherwise the data folder",
            ),
        ),
        ("device issue --user ada --out ada.json",),
    ),
    Command(
        "device list",
        "vibes_trio.commands.device:list_all",
        "list all issued certificates",
        (_JSON,),
        ("device list",),
    ),
    Command(
        "device revoke",
        "vibes_trio.commands.device:revoke",
        "make a device count no longer; a running server knows within a second",
        (
            _argument(
                "serial", metavar="SERIAL", help="its serial number, or the start of it; see `device list`"
            ),
            _JSON,
        ),
        ("device revoke zQmT5e…",),
    ),
    Command(
        "user add",
        "vibes_trio.commands.user:add",
        "add a user",
        (
            _argument("name", metavar="NAME", help="what the user is called here"),
            _argument("--email", default="", help="stands in the user's certificates"),
            _argument("--id", help="the user's id in data that is there already; otherwise a new one"),
            _JSON,
        ),
        ("user add ada --email ada@example.org",),
    ),
    Command("user list", "vibes_trio.commands.user:list_all", "list the users", (_JSON,), ("user list",)),
    Command(
        "keys show",
        "vibes_trio.commands.keys:show",
        "print the server's keys as settings: the public half",
        (_argument("--secret", action="store_true", help="all of them; keep the output to yourself"), _JSON),
        ("keys show --secret > keys.env",),
    ),
    Command(
        "keys rotate",
        "vibes_trio.commands.keys:rotate",
        "replace the key that devices are certified with; devices stay signed in until their certificates end",
        (
            _argument("--drop-old", action="store_true", help="no device certified so far counts any more"),
            _argument(
                "--lost",
                action="store_true",
                help="make new keys where keys.json is gone for good; every device has to be issued anew",
            ),
            _JSON,
        ),
        ("keys rotate",),
    ),
    Command(
        "toolchain install",
        "vibes_trio.commands.toolchain:install",
        "fetch the pinned esbuild from the npm registry into the data folder",
        (
            _argument(
                "--if-missing", action="store_true", help="do nothing when there is an esbuild that works"
            ),
        ),
        ("toolchain install",),
        takes_settings=True,
    ),
    Command(
        "modules status",
        "vibes_trio.commands.modules:status",
        "tell where the packages of an app are loaded from, and why",
        (_argument("app", metavar="APP", help="slug of the app, or app--user"), _JSON),
        ("modules status habit-garden",),
    ),
    Command(
        "modules prefetch",
        "vibes_trio.commands.modules:prefetch",
        "fetch and build packages before going offline; they are kept until `modules gc`",
        (
            _argument(
                "packages",
                nargs="+",
                metavar="PACKAGE",
                help="as in an import; with a version: d3@7; font:Name",
            ),
        ),
        ("modules prefetch d3 react-markdown@10 date-fns/format 'font:Open Sans'",),
        takes_settings=True,
    ),
    Command(
        "modules export",
        "vibes_trio.commands.modules:export",
        "write all built modules into one file, for a machine without a registry",
        (_argument("file", metavar="FILE", help="archive to write"),),
        ("modules export modules.tar",),
        writes_outside=True,
    ),
    Command(
        "modules import",
        "vibes_trio.commands.modules:take_in",
        "add the modules of such a file; each is checked against its hash",
        (_argument("file", metavar="FILE", help="archive of `modules export`"),),
        ("modules import modules.tar",),
    ),
    Command(
        "modules gc",
        "vibes_trio.commands.modules:gc",
        "remove modules and packages that no release uses; what is younger than an hour stays",
        (_JSON,),
        ("modules gc",),
    ),
    Command(
        "config show",
        "vibes_trio.commands.config:show",
        "print every setting, its value and where that came from",
        (_JSON,),
        ("config show", "config show --json --port 9000"),
        takes_settings=True,
    ),
    Command(
        "doctor",
        "vibes_trio.commands.doctor:main",
        "look for what may become a problem, and say what to do about it",
        (_JSON,),
        ("doctor",),
        takes_settings=True,
    ),
)

# Settings that hold lists or secrets have no flag: those belong into the environment or the file.
SETTING_FLAGS: Mapping[str, str] = {
    "--data-dir": "VIBES_DATA_DIR",
    "--host": "VIBES_HOST",
    "--port": "VIBES_PORT",
    "--workers": "VIBES_WORKERS",
    "--hostname-base": "VIBES_SVC_HOSTNAME_BASE",
    "--protocol": "VIBES_SVC_PROTOCOL",
    "--wrapper-base-url": "WRAPPER_BASE_URL",
    "--fp-version": "FP_VERSION",
    "--modules": "VIBES_MODULES",
    "--registry-url": "VIBES_REGISTRY_URL",
    "--esbuild": "VIBES_ESBUILD",
    "--device-chain": "VIBES_DEVICE_CHAIN",
    "--max-app-slugs": "MAX_APP_SLUG_PER_USER_ID",
    "--max-user-slugs": "MAX_USER_SLUG_PER_USER_ID",
    "--max-apps": "MAX_APPS_PER_USER_ID",
    "--max-app-bytes": "MAX_APP_BYTES_PER_USER_ID",
    "--max-chats": "MAX_CHATS_PER_USER_ID",
    "--max-chat-sections": "MAX_CHAT_SECTIONS_PER_USER_ID",
    "--max-chat-bytes": "MAX_CHAT_BYTES_PER_USER_ID",
    "--disk-reserve": "VIBES_DISK_RESERVE",
}


def setting_flags(command: Command) -> Sequence[tuple[str, Setting]]:
    """Return the flags that *command* has for settings, each with its setting."""
    settings = {setting.name: setting for setting in SETTINGS}
    return [
        (flag, settings[name])
        for flag, name in SETTING_FLAGS.items()
        if command.takes_settings or name == "VIBES_DATA_DIR"
    ]
