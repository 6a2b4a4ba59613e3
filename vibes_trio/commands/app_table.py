"""The commands on apps and their releases, as data; see `table`."""

from vibes_trio.commands.command import APP, ASKING, LIMIT, YES, Command, argument

_RELEASE_HELP = "as `versions` lists it: v12, or the start of its id"
RELEASE = argument("release", nargs="?", default="", metavar="RELEASE", help=_RELEASE_HELP)

APP_COMMANDS: tuple[Command, ...] = (
    Command(
        "deploy",
        "vibes_trio.commands.deploy:main",
        "publish a folder (or one file) as an app and print its address",
        (
            argument(
                "path",
                nargs="?",
                default="",
                metavar="FOLDER",
                help="folder of the app, or one file; otherwise this one, if it has a vibes.toml",
            ),
            argument(
                "--app", default="", metavar="SLUG", help="name of the app; otherwise that of the folder"
            ),
            argument(
                "--user", default="", metavar="SLUG", help="name to publish under; otherwise the device's"
            ),
            argument(
                "--mode",
                choices=("production", "dev"),
                help="dev: publish without making it what the app's plain address shows",
            ),
            argument(
                "-m",
                "--message",
                default="",
                metavar="TEXT",
                help="what this release is for; `versions` shows it",
            ),
            argument(
                "--wait",
                action="store_true",
                help="stay until its packages are built, and tell how far that is",
            ),
            argument(
                "--watch",
                action="store_true",
                help="stay, and deploy again whenever a file changes; for trying out, unless --mode says otherwise",
            ),
            argument(
                "--env",
                action="append",
                default=[],
                metavar="NAME=VALUE",
                help="hand a value to the app's page; may be repeated",
            ),
            argument(
                "--entry",
                default="",
                metavar="FILE",
                help="the file that is shown, where several could be, such as src/Demo.jsx",
            ),
            argument(
                "--include",
                action="append",
                default=[],
                metavar="NAME",
                help="send what would be left out, such as a key; a name or pattern as in .gitignore; may be repeated",
            ),
            argument(
                "--dry-run",
                action="store_true",
                help="list what would be sent and change, say how it is read; send and compile nothing",
            ),
            *ASKING,
        ),
        (
            "deploy my-app",
            "deploy my-app --watch",
            'deploy my-app -m "A cart that remembers"',
            "deploy my-app --mode dev --env GREETING=hello",
            "deploy App.jsx --app hello --url https://vibes.example.org --device ada.json",
        ),
        heading="apps",
    ),
    Command(
        "fork",
        "vibes_trio.commands.moves:fork",
        "make an app of mine from one that I may read",
        (
            argument("app", metavar="APP", help="slug of the app, or HANDLE/SLUG"),
            argument(
                "new", nargs="?", default="", metavar="SLUG", help="otherwise a name made of the old one"
            ),
            argument("--release", default="", metavar="RELEASE", help=_RELEASE_HELP),
            argument("--user", default="", metavar="SLUG", help="handle that it goes under"),
            argument("--publish", action="store_true", help="show it at once; else it is for trying out"),
            *ASKING,
        ),
        ("fork eve/shop", "fork eve/shop my-shop --publish"),
        heading="apps",
    ),
    Command(
        "open",
        "vibes_trio.commands.open:main",
        "open an app in the browser, and print its address",
        (
            APP,
            argument("--release", default="", metavar="RELEASE", help=_RELEASE_HELP),
            argument("--print", action="store_true", help="print its address only"),
            *ASKING,
        ),
        ("open shop", "open shop --release v3 --print"),
        heading="apps",
    ),
    Command(
        "apps",
        "vibes_trio.commands.apps:list_apps",
        "list my apps, what changed last first",
        (
            argument("--search", default="", metavar="TEXT", help="those with this in their slug or title"),
            argument("--by-name", action="store_true", help="in the order of their names"),
            LIMIT,
            *ASKING,
        ),
        ("apps", "apps --search shop --json"),
        heading="versions",
    ),
    Command(
        "versions",
        "vibes_trio.commands.versions:list_versions",
        "list the releases of an app, newest first",
        (APP, LIMIT, *ASKING),
        ("versions shop", "versions ada/shop --limit 5"),
        heading="versions",
    ),
    Command(
        "logs",
        "vibes_trio.commands.logs:main",
        "tell what happened to an app: deploys, refusals, packages",
        (
            APP,
            argument("-f", "--follow", action="store_true", help="stay, and tell what happens"),
            argument(
                "--since",
                default="",
                metavar="TIME",
                help="from then on: 30m, 2h or 3d ago, or a time such as 2026-01-31T12:00",
            ),
            LIMIT,
            *ASKING,
        ),
        ("logs shop", "logs shop --follow", "logs shop --since 2h --json"),
        heading="versions",
    ),
    Command(
        "publish",
        "vibes_trio.commands.releases:publish",
        "show a release at the app's address; without one the newest",
        (APP, RELEASE, *ASKING),
        ("publish shop", "publish shop v12"),
        heading="versions",
    ),
    Command(
        "rollback",
        "vibes_trio.commands.releases:rollback",
        "show what was published before, or the release that is named",
        (APP, RELEASE, *ASKING),
        ("rollback shop", "rollback shop v3"),
        heading="versions",
    ),
    Command(
        "unpublish",
        "vibes_trio.commands.releases:unpublish",
        "take an app down; `publish` shows it again",
        (APP, *ASKING),
        ("unpublish shop",),
        heading="versions",
    ),
    Command(
        "rename",
        "vibes_trio.commands.moves:rename",
        "give an app another slug; the old address leads to the new one",
        (
            argument("app", metavar="APP", help="slug of the app, or HANDLE/SLUG"),
            argument("new", metavar="SLUG", help="what it is to be called"),
            *ASKING,
        ),
        ("rename shop shoe-shop",),
        heading="versions",
    ),
    Command(
        "rm",
        "vibes_trio.commands.deletions:remove",
        "delete an app, or one release; `undo` has it back for a while",
        (
            argument("app", metavar="APP", help="slug of the app, or HANDLE/SLUG"),
            argument("--release", default="", metavar="RELEASE", help=_RELEASE_HELP),
            YES,
            *ASKING,
        ),
        ("rm shop", "rm shop --release v3 --yes"),
        heading="versions",
    ),
    Command(
        "undo",
        "vibes_trio.commands.deletions:undo",
        "have back what was deleted last",
        (
            argument("deletion", nargs="?", default="", metavar="ID", help="otherwise what was deleted last"),
            argument("--list", action="store_true", help="list what can be had back"),
            *ASKING,
        ),
        ("undo", "undo --list"),
        heading="versions",
    ),
    Command(
        "diff",
        "vibes_trio.commands.compare:diff",
        "show which files differ between two releases",
        (
            APP,
            argument("old", nargs="?", default="", metavar="OLD", help="otherwise what is shown now"),
            argument("new", nargs="?", default="", metavar="NEW", help="otherwise the newest"),
            argument("-p", "--patch", action="store_true", help="and how"),
            *ASKING,
        ),
        ("diff shop", "diff shop v11 v12 --patch"),
        heading="versions",
    ),
    Command(
        "pull",
        "vibes_trio.commands.pull:main",
        "write the files of a release into a folder",
        (
            APP,
            argument(
                "folder", nargs="?", default="", metavar="FOLDER", help="otherwise one named as the app"
            ),
            argument("--release", default="", metavar="RELEASE", help=_RELEASE_HELP),
            argument("--force", action="store_true", help="write over what is in the folder"),
            *ASKING,
        ),
        ("pull shop", "pull ada/shop my-shop --release v11"),
        heading="apps",
        writes_outside=True,
    ),
    Command(
        "example",
        "vibes_trio.commands.example:main",
        "write the example app into a new folder, to start from",
        (argument("folder", metavar="FOLDER", help="folder to make; it may be there if it is empty"),),
        ("example my-app",),
        heading="apps",
        writes_outside=True,
    ),
)
