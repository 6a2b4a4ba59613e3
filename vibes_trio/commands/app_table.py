"""The commands on apps and their releases, as data; see `table`."""

from vibes_trio.commands.command import ASKING, Command, argument

APP_COMMANDS: tuple[Command, ...] = (
    Command(
        "deploy",
        "vibes_trio.commands.deploy:main",
        "publish a folder (or one file) as an app and print its address",
        (
            argument("path", metavar="FOLDER", help="folder of the app, or one file"),
            argument(
                "--app", default="", metavar="SLUG", help="name of the app; otherwise that of the folder"
            ),
            argument(
                "--user", default="", metavar="SLUG", help="name to publish under; otherwise the device's"
            ),
            argument(
                "--mode",
                choices=("production", "dev"),
                default="production",
                help="dev: publish without making it what the app's plain address shows",
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
                help="list what would be sent, say how it is read, and send and compile nothing",
            ),
            *ASKING,
        ),
        (
            "deploy my-app",
            "deploy my-app --mode dev --env GREETING=hello",
            "deploy App.jsx --app hello --url https://vibes.example.org --device ada.json",
        ),
        heading="apps",
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
