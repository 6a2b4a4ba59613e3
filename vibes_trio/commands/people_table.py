"""The commands on whoever is signed in, as data; see `table`."""

from vibes_trio.commands.command import ASKING, DEVICE, JSON, URL, Command, argument

PEOPLE_COMMANDS: tuple[Command, ...] = (
    Command(
        "login",
        "vibes_trio.commands.login:main",
        "sign in to a server elsewhere with a one-time code; no browser is needed",
        (
            URL,
            argument("--code", default="", help="the code; otherwise it is asked for"),
            JSON,
        ),
        ("login --url https://vibes.example.org",),
        heading="you",
    ),
    Command(
        "whoami",
        "vibes_trio.commands.people:whoami",
        "say who is signed in, and what they keep of what they may",
        ASKING,
        ("whoami", "whoami --json"),
        heading="you",
    ),
    Command(
        "handles",
        "vibes_trio.commands.people:handles",
        "list the names that my apps lie under, or take one",
        (
            argument(
                "action",
                nargs="?",
                choices=("list", "take", "default"),
                default="list",
                help="list them; take one (otherwise random words); make one the default",
            ),
            argument("name", nargs="?", default="", metavar="NAME", help="the handle"),
            *ASKING,
        ),
        ("handles", "handles take ada-b", "handles default ada-b"),
        heading="you",
    ),
    Command(
        "token",
        "vibes_trio.commands.token:main",
        "print a fresh token for scripts",
        (
            DEVICE,
            argument(
                "--lifetime",
                type=int,
                default=120,
                metavar="SECONDS",
                help="how long it counts (120; at most 3600)",
            ),
            URL,
        ),
        ("token --device ada.json --url https://vibes.example.org",),
        heading="you",
    ),
)
