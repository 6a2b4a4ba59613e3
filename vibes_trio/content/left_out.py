"""Which files of a folder are no part of an app: what is secret, and what tools and systems leave behind.

Everything that is sent can be read by everybody who opens the app. So a name that looks like a secret's is enough to
leave a file out. The weaker rule first, the stronger one wins: what stands here, `.vibesignore`, `--include`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate

from pathspec import GitIgnoreSpec

from vibes_trio.config import KiB, Limits
from vibes_trio.errors import BadRequest

IGNORE_FILE = ".vibesignore"
PROFILE_FILE = "vibes.toml"  # see `commands.profile`
SECRET = "secrets"
IGNORED = IGNORE_FILE
MAX_IGNORE_BYTES = 64 * KiB
NAMES_SHOWN = 5
LOCK_FILES = frozenset(
    {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"}
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Why names, in small letters, are left out, and what they are like (as the shell has it)."""

    reason: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


# The first that fits gives the reason.
_RULES = (
    _Rule(
        SECRET,
        files=(
            *(".env", ".env.*", "env", "*.env", "*.env.local", "env.local", "env.*.local", "env.vault"),
            *(
                "env.dev",
                "env.development",
                "env.prod",
                "env.production",
                "env.stage",
                "env.staging",
                "env.test",
            ),
            *("env.example", "env.sample", "env.template", "env.dist", "env.txt", "env.bak", "env.old"),
            *(
                "*.pem",
                "*.key",
                "*.p8",
                "*.p12",
                "*.pfx",
                "*.pkcs12",
                "*.jks",
                "*.jceks",
                "*.bks",
                "*.keystore",
            ),
            *("*.ppk", "*.kdb", "*.kdbx", "*.keytab", "*.ovpn", "*.gpg", "*.agekey", "*.tfstate", "*.tfvars"),
            *("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_xmss"),
            *(
                "_netrc",
                ".netrc",
                ".npmrc",
                ".pypirc",
                ".htpasswd",
                "htpasswd",
                ".git-credentials",
                ".pgpass",
            ),
            *("service-account*.json", "service_account*.json", "serviceaccount*.json"),
            *("*-firebase-adminsdk-*.json", "client_secret*.json", "credentials", "credentials.json"),
            *("secrets.json", "secrets.yml", "secrets.yaml", "secrets.toml"),
        ),
        folders=(".ssh", ".aws", ".gnupg"),
    ),
    _Rule("version control", folders=(".git", ".hg", ".svn", ".bzr", ".jj", "cvs", "_darcs", "sccs")),
    _Rule(
        "packages",
        folders=("node_modules", "bower_components", "jspm_packages", ".pnpm-store", ".yarn", "__pycache__"),
        files=("*.pyc",),
    ),
    _Rule(
        "the system's",
        files=(
            *(
                ".ds_store",
                "._*",
                "icon\r",
                "thumbs.db",
                "thumbs.db:encryptable",
                "ehthumbs.db",
                "ehthumbs_vista.db",
            ),
            *("desktop.ini", "*.lnk", ".directory", ".localized", "*.stackdump"),
        ),
        folders=("__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"),
    ),
    _Rule(
        "editors' copies",
        files=(
            *("*~", "~$*", "#*#", ".#*", "*.swp", "*.swo", "*.swn", "*.swx", "*.un~", "*.orig", "*.rej"),
            *(
                "*.bak",
                "*.bak[0-9]",
                "*.backup",
                "*.old",
                "*.save",
                "*.tmp",
                "*.temp",
                "*.crdownload",
                "*.part",
            ),
        ),
    ),
    _Rule("logs", files=("*.log", "*.log.[0-9]", "nohup.out")),
    _Rule("hidden", files=(".*",), folders=(".*",)),
)


def _compile(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)", re.DOTALL)


_COMPILED = tuple((rule.reason, _compile(rule.files), _compile(rule.folders)) for rule in _RULES)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder (its name in the app ends with `/`) that is not sent, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person who deploys says.

    Attributes:
        included: `--include`.
        parents: folders that hold something which is included by its path; they are looked into in any case.
        ignored: the folder's `.vibesignore`.
    """

    included: GitIgnoreSpec
    parents: frozenset[str]
    ignored: GitIgnoreSpec

    def why_left_out(self, name: str) -> str:
        """Return why the file or folder *name*, relative to the app's folder, is not sent; empty: it is.

        The name of a folder ends with `/`. What is in a folder that is left out is left out as well.
        """
        if self.is_asked_for(name) or name in self.parents:
            return ""
        if self.ignored.check_file(name).include or name == PROFILE_FILE:
            return IGNORED
        ends = [at + 1 for at, letter in enumerate(name[:-1]) if letter == "/"]
        return next(filter(None, (why_by_name(name[:end]) for end in (*ends, len(name)))), "")

    def is_asked_for(self, name: str) -> bool:
        """Return whether `--include` or `.vibesignore` (by a line with `!`) wants the file *name*."""
        return bool(self.included.check_file(name).include) or self.ignored.check_file(name).include is False


def make_choice(where: str, ignore: Sequence[str], include: Sequence[str] = ()) -> Choice:
    """Return the choice of lines of a `.vibesignore`, which lies at *where*, and patterns of `--include`.

    Raises:
        BadRequest: one of them can't be used; says which.
    """
    paths = [pattern.lstrip("/") for pattern in include]
    parents = frozenset(path[: at + 1] for path in paths for at, letter in enumerate(path) if letter == "/")
    return Choice(_spec("--include", include), parents, _spec(where, ignore))


def is_any_meant(pattern: str, names: Iterable[str]) -> bool:
    """Return whether *pattern*, of `--include`, means one of *names*, relative to the app's folder."""
    spec = _spec("--include", [pattern])
    return any(spec.match_file(name) for name in names)


def _spec(where: str, patterns: Sequence[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise BadRequest(f"{where}: {error}. The syntax is that of .gitignore.") from error


def why_by_name(name: str) -> str:
    """Return why a file or folder (whose *name* ends with `/`) is left out unless told otherwise; empty: it isn't."""
    is_folder = name.endswith("/")
    base = name.rstrip("/").rpartition("/")[2].lower()
    fits = (reason for reason, files, folders in _COMPILED if (folders if is_folder else files).match(base))
    return next(fits, "")


def is_lock_too_large(name: str, size: int, limits: Limits) -> bool:
    """Return whether *name* is a package manager's lock file of so many bytes that it isn't worth sending."""
    return name.rpartition("/")[2] in LOCK_FILES and size > limits.max_lock_bytes


def describe(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Give a line a reason that names what was left out, the secrets first; and how it is sent all the same."""
    told = [left for left in left_out if left.name not in (IGNORE_FILE, PROFILE_FILE)]
    reasons = sorted({left.reason for left in told}, key=lambda reason: (reason != SECRET, reason))
    for reason in reasons:
        names = sorted(left.name for left in told if left.reason == reason)
        shown = ", ".join(_printable(name) for name in names[:NAMES_SHOWN])
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        yield f"not sent ({reason}): {shown}{more}"
    if any(left.reason != IGNORED for left in told):
        yield "not sent: --include NAME sends it all the same"


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)
