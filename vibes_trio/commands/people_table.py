"""The commands on whoever is signed in, as data; see `table`."""

from vibes_trio.commands.command import DEVICE, URL, Command, argument

PEOPLE_COMMANDS: tuple[Command, ...] = (
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
