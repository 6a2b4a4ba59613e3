"""Every command as data: its words, the function that does it, its arguments and examples.

Light on purpose: `--help` loads this and nothing of the server.
"""

from collections.abc import Mapping, Sequence

from vibes_trio.commands.app_table import APP_COMMANDS
from vibes_trio.commands.chat_table import CHAT_COMMANDS
from vibes_trio.commands.command import JSON, YES, Command, argument
from vibes_trio.commands.people_table import PEOPLE_COMMANDS
from vibes_trio.config import SETTINGS, Setting

_USER = argument("--user", required=True, metavar="NAME", help="whose device it is; see `user list`")

GROUPS: Mapping[str, str] = {
    "device": "issue, list and revoke the key files of devices",
    "user": "add, invite and list users; say who are operators",
    "session": "list the browsers that are signed in, sign them out",
    "keys": "show and replace the server's own keys",
    "toolchain": "fetch the native compilers",
    "modules": "packages from npm as this server's own modules",
    "chat": "list, read, search, follow, write and delete chats",
    "config": "see the settings",
}

HEADINGS: Mapping[str, str] = {
    "apps": "make and publish apps",
    "versions": "apps and their releases",
    "chats": "chats and sharing",
    "you": "you",
    "server": "run a server",
}
"""What `--help` shows commands under, in this order."""

SYNONYMS: Mapping[str, str] = {
    "auth": "login",
    "checkout": "pull",
    "clone": "pull",
    "delete": "rm",
    "destroy": "rm",
    "history": "versions",
    "list": "apps",
    "ls": "apps",
    "log": "versions",
    "promote": "publish",
    "push": "deploy",
    "releases": "versions",
    "remove": "rm",
    "revert": "rollback",
    "run": "serve",
    "start": "serve",
    "status": "apps",
    "tail": "chat tail",
    "up": "deploy",
}
"""What programs like this one call our commands."""

SERVER_COMMANDS: tuple[Command, ...] = (
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
        "device issue",
        "vibes_trio.commands.device:issue",
        "make a key file with which a user signs in from a device; it is as good as a password",
        (
            _USER,
            argument("--days", type=int, default=90, help="how long it counts (90)"),
            argument(
                "--out",
                metavar="FILE",
                help="where to write it, - for standard output; otherwise the data folder",
            ),
        ),
        ("device issue --user ada --out ada.json",),
    ),
    Command(
        "device code",
        "vibes_trio.commands.device:code",
        "print a one-time code, for the page that a program's sign-in opens",
        (_USER, JSON),
        ("device code --user ada",),
    ),
    Command(
        "user invite",
        "vibes_trio.commands.user:invite",
        "print a link by which somebody becomes a user, once, within seven days",
        (
            argument(
                "name",
                nargs="?",
                default="",
                metavar="NAME",
                help="what to call them; else they say it themselves",
            ),
            argument("--email", default="", metavar="ADDRESS", help="of theirs; nothing is mailed"),
            argument(
                "--role", choices=("user", "operator"), default="user", help="operators see to the server"
            ),
            JSON,
        ),
        ("user invite", "user invite eve --email eve@example.org"),
    ),
    Command(
        "user role",
        "vibes_trio.commands.user:role",
        "make a user an operator of the server, or one no longer",
        (
            argument("user", metavar="NAME", help="whom"),
            argument("role", choices=("operator", "user"), help="what they are from now on"),
            JSON,
        ),
        ("user role ada operator",),
    ),
    Command(
        "session list",
        "vibes_trio.commands.browser_sessions:list_all",
        "list the browsers that are signed in",
        (argument("--user", default="", metavar="NAME", help="of this user alone"), JSON),
        ("session list", "session list --user ada"),
    ),
    Command(
        "session revoke",
        "vibes_trio.commands.browser_sessions:revoke",
        "sign browsers out; a running server knows within a second",
        (
            argument("session", nargs="?", default="", metavar="SESSION", help="its id, or the start of it"),
            argument("--all-of", default="", metavar="NAME", help="all browsers of this user"),
            JSON,
        ),
        ("session revoke 3kTM", "session revoke --all-of ada"),
    ),
    Command(
        "login-link",
        "vibes_trio.commands.login_link:main",
        "print a link that signs a browser in, once",
        (
            argument("--user", default="me", metavar="NAME", help="whom; otherwise who runs this server"),
            JSON,
        ),
        ("login-link", "login-link --user ada"),
    ),
    Command(
        "device list",
        "vibes_trio.commands.device:list_all",
        "list all issued certificates",
        (JSON,),
        ("device list",),
    ),
    Command(
        "device revoke",
        "vibes_trio.commands.device:revoke",
        "make a device count no longer; a running server knows within a second",
        (
            argument(
                "serial", metavar="SERIAL", help="its serial number, or the start of it; see `device list`"
            ),
            JSON,
        ),
        ("device revoke zQmT5e…",),
    ),
    Command(
        "user add",
        "vibes_trio.commands.user:add",
        "add a user",
        (
            argument("name", metavar="NAME", help="what the user is called here"),
            argument("--email", default="", help="stands in the user's certificates"),
            argument("--id", help="the user's id in data that is there already; otherwise a new one"),
            JSON,
        ),
        ("user add ada --email ada@example.org",),
    ),
    Command("user list", "vibes_trio.commands.user:list_all", "list the users", (JSON,), ("user list",)),
    Command(
        "keys show",
        "vibes_trio.commands.keys:show",
        "print the server's keys as settings: the public half",
        (argument("--secret", action="store_true", help="all of them; keep the output to yourself"), JSON),
        ("keys show --secret > keys.env",),
    ),
    Command(
        "keys rotate",
        "vibes_trio.commands.keys:rotate",
        "replace the key that devices are certified with; devices stay signed in until their certificates end",
        (
            argument("--drop-old", action="store_true", help="no device certified so far counts any more"),
            argument(
                "--lost",
                action="store_true",
                help="make new keys where keys.json is gone for good; every device has to be issued anew",
            ),
            argument("--plan", action="store_true", help="only say what would happen"),
            YES,
            JSON,
        ),
        ("keys rotate", "keys rotate --plan"),
    ),
    Command(
        "toolchain install",
        "vibes_trio.commands.toolchain:install",
        "fetch the pinned esbuild and Dart Sass from the npm registry",
        (
            argument(
                "--if-missing",
                action="store_true",
                help="only esbuild, and only when there is none that works",
            ),
        ),
        ("toolchain install",),
        takes_settings=True,
    ),
    Command(
        "modules status",
        "vibes_trio.commands.modules:status",
        "tell where the packages of an app are loaded from, and why",
        (argument("app", metavar="APP", help="slug of the app, or app--user"), JSON),
        ("modules status habit-garden",),
    ),
    Command(
        "modules prefetch",
        "vibes_trio.commands.modules:prefetch",
        "fetch and build packages before going offline; they are kept until `modules gc`",
        (
            argument(
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
        (argument("file", metavar="FILE", help="archive to write"),),
        ("modules export modules.tar",),
        writes_outside=True,
    ),
    Command(
        "modules import",
        "vibes_trio.commands.modules:take_in",
        "add the modules of such a file; each is checked against its hash",
        (argument("file", metavar="FILE", help="archive of `modules export`"),),
        ("modules import modules.tar",),
    ),
    Command(
        "modules gc",
        "vibes_trio.commands.modules:gc",
        "remove modules and packages that no release uses; what is younger than an hour stays",
        (JSON,),
        ("modules gc",),
    ),
    Command(
        "completions",
        "vibes_trio.commands.completions:main",
        "print what makes a shell complete these commands",
        (argument("shell", choices=("bash", "zsh", "fish"), help="which shell"),),
        ("completions bash > ~/.local/share/bash-completion/completions/vibes-trio",),
        writes_outside=True,
    ),
    Command(
        "config show",
        "vibes_trio.commands.config:show",
        "print every setting, its value and where that came from",
        (JSON,),
        ("config show", "config show --json --port 9000"),
        takes_settings=True,
    ),
    Command(
        "backup",
        "vibes_trio.commands.backup:back_up",
        "write all that a server keeps into one file, while it runs",
        (
            argument(
                "place", metavar="TARGET", help="a folder, made if need be; or a new file, such as full.zip"
            ),
            argument(
                "--with-keys",
                action="store_true",
                help="the server's own keys, config.toml and key files of devices, too",
            ),
            argument(
                "--with-modules",
                action="store_true",
                help="built packages, too; else they are built anew from the registry",
            ),
            JSON,
        ),
        ("backup /var/backups", "backup full.zip --with-keys --with-modules"),
        writes_outside=True,
    ),
    Command(
        "restore",
        "vibes_trio.commands.backup:put_back",
        "put a backup into an empty data folder",
        (
            argument("file", metavar="FILE", help="what `vibes-trio backup` has written"),
            argument("--check", action="store_true", help="only say whether it is sound"),
            JSON,
        ),
        ("restore vibes-trio-20260501T030000Z.zip --data-dir ./data", "restore full.zip --check"),
    ),
    Command(
        "export",
        "vibes_trio.commands.carry:give_out",
        "write what users have, or one app, into a file of open form",
        (
            argument("app", nargs="?", default="", metavar="APP", help="slug of an app, or HANDLE/SLUG"),
            argument("--user", default="", metavar="NAME", help="all that a user has"),
            argument("--all", action="store_true", help="all that all have"),
            argument("--out", required=True, metavar="FILE", help="where to write it"),
            JSON,
        ),
        (
            "export --user ada --out ada.zip",
            "export ada/my-app --out my-app.zip",
            "export --all --out all.zip",
        ),
        writes_outside=True,
    ),
    Command(
        "import",
        "vibes_trio.commands.carry:take",
        "add what `export` has written, on this server or another",
        (
            argument("file", metavar="FILE", help="what `vibes-trio export` has written"),
            argument("--user", default="", metavar="NAME", help="whose it is to be; otherwise whose it was"),
            JSON,
        ),
        ("import ada.zip", "import my-app.zip --user me"),
    ),
    Command(
        "print",
        "vibes_trio.commands.print_files:main",
        "print a file for a program beside the server",
        (argument("what", choices=("grafana",), help="a dashboard for Grafana, over what `/metrics` tells"),),
        ("print grafana > vibes-trio.json",),
    ),
    Command(
        "doctor",
        "vibes_trio.commands.doctor:main",
        "look for what may become a problem, and say what to do about it",
        (
            argument(
                "--deep",
                action="store_true",
                help="restore a backup to see that it can be, and compare stored modules with their hashes",
            ),
            JSON,
        ),
        ("doctor", "doctor --deep"),
        takes_settings=True,
    ),
)

COMMANDS: tuple[Command, ...] = (*APP_COMMANDS, *CHAT_COMMANDS, *PEOPLE_COMMANDS, *SERVER_COMMANDS)

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
    "--sass": "VIBES_SASS",
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
