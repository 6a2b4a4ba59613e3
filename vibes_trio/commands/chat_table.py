"""The commands on chats, as data; see `table`."""

from vibes_trio.commands.command import ASKING, LIMIT, YES, Command, argument

_CHAT = argument("chat", metavar="CHAT", help="id of the chat, as `chat list` has it")
_FORMATS = ("vibes", "open-webui", "chatgpt")

CHAT_COMMANDS: tuple[Command, ...] = (
    Command(
        "chat list",
        "vibes_trio.commands.chats:list_chats",
        "list my chats, what changed last first",
        (
            argument("--app", default="", metavar="APP", help="those of this app"),
            argument("--user", default="", metavar="HANDLE", help="those of all apps of this handle"),
            argument("--deleted", action="store_true", help="those that were deleted and can be had back"),
            LIMIT,
            *ASKING,
        ),
        ("chat list", "chat list --app shop"),
        heading="chats",
    ),
    Command(
        "chat new",
        "vibes_trio.commands.chats:new",
        "make a chat and print its id",
        (
            argument("chat", nargs="?", default="", metavar="CHAT", help="the id that it is to have"),
            argument("--title", default="", metavar="TEXT", help="what it is called"),
            argument("--app", default="", metavar="APP", help="the app that it is about"),
            *ASKING,
        ),
        ("chat new", "chat new --title 'A shop' --app shop"),
        heading="chats",
    ),
    Command(
        "chat append",
        "vibes_trio.commands.chats:append",
        "append a section; its text comes from standard input where none is given",
        (
            _CHAT,
            argument("text", nargs="?", default="", metavar="TEXT", help="what is said"),
            argument("--as-llm", action="store_true", help="it is the model that says it"),
            argument(
                "--blocks",
                default="",
                metavar="FILE",
                help="blocks as JSON, as they are; - for standard input",
            ),
            *ASKING,
        ),
        ("chat append notes 'Make the buttons round'", "chat append notes --as-llm --blocks answer.json"),
        heading="chats",
    ),
    Command(
        "chat read",
        "vibes_trio.commands.chats:read",
        "print the last sections of a chat, or those from one on",
        (
            _CHAT,
            argument("--since", type=int, default=-1, metavar="SEQ", help="from this section on"),
            LIMIT,
            *ASKING,
        ),
        ("chat read notes", "chat read notes --since 0 --json"),
        heading="chats",
    ),
    Command(
        "chat tail",
        "vibes_trio.commands.chats:tail",
        "print sections of a chat as they are appended; goes on when the server restarts",
        (
            _CHAT,
            argument("--since", type=int, default=-1, metavar="SEQ", help="from this section on, too"),
            argument("--until", type=int, metavar="SEQ", help="end after this one"),
            *ASKING,
        ),
        ("chat tail notes", "chat tail notes --since 0 --json"),
        heading="chats",
    ),
    Command(
        "chat search",
        "vibes_trio.commands.chats:search",
        "find sections of my chats that have all of some words",
        (
            argument("text", metavar="WORDS", help="the words; of the last one its beginning will do"),
            argument("--chat", default="", metavar="CHAT", help="in this chat only"),
            LIMIT,
            *ASKING,
        ),
        ("chat search 'round buttons'", "chat search cart --chat notes --json"),
        heading="chats",
    ),
    Command(
        "chat export",
        "vibes_trio.commands.chat_files:export",
        "write a chat to standard output or a file",
        (
            _CHAT,
            argument(
                "--format", choices=_FORMATS, default="vibes", help="as whose export it is to be (vibes)"
            ),
            argument("--out", default="", metavar="FILE", help="where to write it"),
            *ASKING,
        ),
        ("chat export notes --out notes.json", "chat export notes --format open-webui"),
        heading="chats",
        writes_outside=True,
    ),
    Command(
        "chat import",
        "vibes_trio.commands.chat_files:import_chats",
        "make chats of an export: ours, Open WebUI's or ChatGPT's",
        (
            argument("file", metavar="FILE", help="the export; - for standard input"),
            argument("--format", choices=_FORMATS, default="", help="whose it is; otherwise by its looks"),
            *ASKING,
        ),
        ("chat import conversations.json",),
        heading="chats",
    ),
    Command(
        "chat title",
        "vibes_trio.commands.chats:title",
        "give a chat a title",
        (_CHAT, argument("title", metavar="TEXT", help="the title; empty: none"), *ASKING),
        ("chat title notes 'A shop for shoes'",),
        heading="chats",
    ),
    Command(
        "chat rm",
        "vibes_trio.commands.chats:remove",
        "delete a chat; `chat undo` has it back for a while",
        (_CHAT, YES, *ASKING),
        ("chat rm notes",),
        heading="chats",
    ),
    Command(
        "chat undo",
        "vibes_trio.commands.chats:undo",
        "have a chat back that was deleted",
        (_CHAT, *ASKING),
        ("chat undo notes",),
        heading="chats",
    ),
)
