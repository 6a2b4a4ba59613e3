"""What a deploy sends of a folder: asked by who can't tell by itself, as a page in a browser."""

import msgspec

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.files import Lang


class FolderEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder.

    Attributes:
        name: relative to the app's folder; that of a folder ends with `/`.
        size: in bytes.
        content: of a file that is suspect (see `ResPlanDeploy`), or one of `.env…`; base64. Empty: not given.
    """

    name: str
    size: int = 0
    content: bytes = b""


class LeftOutEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What is not sent, and why."""

    name: str
    reason: str


class SentFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How a file is sent: as a module, if it has a *lang*; *is_text*: as text, UTF-8 or UTF-16 with its mark.

    *entry_point*: flagged as what is shown.
    """

    name: str
    lang: Lang | msgspec.UnsetType = msgspec.UNSET
    is_text: bool = False
    entry_point: bool = False


class ResPlanDeploy(Response, frozen=True, kw_only=True, tag="vibes.diy.res-plan-deploy"):
    """What to send, in the order given.

    Attributes:
        app_slug: made of the folder's name; empty: it gives none.
        env: values for the page, of the files `.env…` that were given.
        shows_nothing: whether the page will be empty, if what is sent of these entries is all that there is.
        suspect: a pattern. Of a file with at most *suspect_bytes* that has it (whatever the case of its letters) the
            content decides whether it is a secret: ask again with it.
    """

    app_slug: str
    files: tuple[SentFile, ...]
    left_out: tuple[LeftOutEntry, ...]
    env: dict[str, str] = msgspec.field(name="env")
    warnings: tuple[str, ...] = ()
    shows_nothing: bool = False
    suspect: str
    suspect_bytes: int


class ReqPlanDeploy(Request[ResPlanDeploy], frozen=True, kw_only=True, tag="vibes.diy.req-plan-deploy"):
    """Say which files of a folder a deploy sends, how, and which it leaves out and why

    Attributes:
        folder: how it is called.
        entries: of a large folder level by level, as what is in a folder that is left out need not be named; in the end
            all files that are to be sent. As many at once as an app may have files.
        ignore: the text of its `.vibesignore`.
    """

    entries: tuple[FolderEntry, ...]
    folder: str = ""
    ignore: str = ""
