"""The commands on whoever is signed in, as data; see `table`."""

from vibes_trio.commands.command import APP, ASKING, DEVICE, JSON, URL, Command, argument

PEOPLE_COMMANDS: tuple[Command, ...] = (
    Command(
        "share",
        "vibes_trio.commands.sharing:share",
        "say who sees an app, change it, or make a link to it",
        (
            APP,
            argument(
                "visibility",
                nargs="?",
                choices=("public", "unlisted", "private"),
                default=None,
                help="public: anybody; unlisted: so, but not for search engines; private: who is let in",
            ),
            argument(
                "--link",
                nargs="?",
                type=int,
                const=0,
                metavar="DAYS",
                help="make a link by which any browser sees the app for so long (otherwise as long as may be)",
            ),
            argument("--links", action="store_true", help="list the links"),
            argument("--revoke", default="", metavar="LINK", help="take a link back"),
            *ASKING,
        ),
        ("share shop", "share shop private", "share shop --link 7"),
        heading="chats",
    ),
    Command(
        "invite",
        "vibes_trio.commands.sharing:invite",
        "invite somebody into an app, and print what they have to type",
        (
            APP,
            argument("--role", choices=("viewer", "editor"), default="viewer", help="editors deploy, too"),
            argument("--email", default="", metavar="ADDRESS", help="whom it is for; nothing is mailed"),
            argument("--list", action="store_true", help="list the invitations"),
            argument("--revoke", default="", metavar="INVITATION", help="take one back; who took it is out"),
            *ASKING,
        ),
        ("invite shop --role editor --email eve@example.org", "invite shop --list"),
        heading="chats",
    ),
    Command(
        "join",
        "vibes_trio.commands.sharing:join",
        "take an invitation into somebody's app",
        (argument("token_of_invite", metavar="INVITATION", help="what `invite` has printed"), *ASKING),
        ("join 3kTMd…",),
        heading="chats",
    ),
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
