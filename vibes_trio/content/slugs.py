"""Slugs: the names that apps and their owners have in host names.

An app lives at `{app_slug}--{user_slug}.{base}`, so both slugs together are one DNS label: letters, digits
and single hyphens, 63 characters. Reserved names, and names that look like them, would let an app pass for
a part of the service.
"""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import cast

from vibes_trio.errors import BadRequest
from vibes_trio.exchange import AppSlug, UserSlug

MAX_LABEL_CHARS = 63
MAX_APP_NAME_CHARS = 30
"""Of a name that is made of that of a folder."""

RESERVED = frozenset(
    {"www", "api", "admin", "app", "auth", "login", "static", "assets", "cdn", "mail", "ns1", "localhost"}
    | {"status", "docs", "health", "metrics"}
    # Names that JavaScript objects are born with. Those with `_` no slug can be.
    | {"constructor", "prototype", "tostring", "hasownproperty", "null", "undefined", "nan"}
)
# The reference deploys it (`url-production`), and `app--ada` can't be taken for the host `app`.
APP_SLUGS_ALLOWED = frozenset({"app"})

_GRAMMAR = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "i": "l"})

_MAX_WORD_CHARS = 9  # three words and two hyphens are at most 29 characters: a pair always fits


@cache
def _words(*lists: str) -> tuple[str, ...]:
    # 12 ms to import, which a server that starts has better uses for.
    from coolname.data import config as coolname_config  # noqa: PLC0415

    # Other kinds aren't asked for.
    config = cast("Mapping[str, Mapping[str, Sequence[str]]]", coolname_config)
    found = {word for name in lists for word in config[name]["words"]}
    return tuple(sorted(w for w in found if len(w) <= _MAX_WORD_CHARS and w.isascii() and w.isalpha()))


_ADJECTIVES = ("adjective", "adjective_near", "size", "prefix")
_ANIMALS = ("animal", "animal_breed", "animal_legendary")


def parse_app_slug(text: str, own_names: Collection[str] = ()) -> AppSlug:
    """Return *text* as an app slug, in lower case.

    Args:
        own_names: further reserved names: those of the service's own host.

    Raises:
        BadRequest: it is none; says what is wrong and what would do.

    Source: protocol.md section 4 (*Slugs*), platform-and-reliability.md section 4.
    """
    slug = _parse("appSlug", text, own_names, allowed=APP_SLUGS_ALLOWED)
    if len(slug) == 2:
        raise BadRequest(
            f'appSlug: "{slug}" has two characters; take one, or three and more. (In front of "--" two would '
            "make a host name that browsers read as an encoded one.)"
        )
    return AppSlug(slug)


def parse_user_slug(text: str, own_names: Collection[str] = ()) -> UserSlug:
    """Return *text* as a user slug, in lower case.

    Args, Raises and Source as for `parse_app_slug`.
    """
    slug = _parse("userSlug", text, own_names)
    if len(slug) < 2:
        raise BadRequest(f'userSlug: "{slug}" has one character; it must have two or more.')
    return UserSlug(slug)


def parse_slug_pair(
    app_slug: str, user_slug: str, own_names: Collection[str] = ()
) -> tuple[AppSlug | None, UserSlug | None]:
    """Return both slugs of a request; an empty one is not given: None.

    Raises:
        BadRequest: one is no slug, or both together are too long.
    """
    app = parse_app_slug(app_slug, own_names) if app_slug else None
    user = parse_user_slug(user_slug, own_names) if user_slug else None
    if app and user:
        check_slug_pair(app, user)
    return app, user


def check_slug_pair(app_slug: AppSlug, user_slug: UserSlug) -> None:
    """Make sure that `{app_slug}--{user_slug}` can be a part of a host name.

    Raises:
        BadRequest: together they are too long.
    """
    chars = len(app_slug) + len("--") + len(user_slug)
    if chars > MAX_LABEL_CHARS:
        raise BadRequest(
            f"appSlug and userSlug: {app_slug}--{user_slug} has {chars} characters; a part of a host name "
            f"may have {MAX_LABEL_CHARS}."
        )


def own_names(hostname_base: str) -> frozenset[str]:
    """Return the labels of the service's own host (`vibes.example.org:8787`) but the last, in lower case."""
    labels = hostname_base.lower().partition(":")[0].split(".")
    return frozenset(labels[:-1] or labels)


def random_slug(rng: random.Random) -> str:
    """Return three words joined by `-`, at most 29 characters; good as an app slug and as a user slug."""
    return "-".join([*rng.sample(_words(*_ADJECTIVES), 2), rng.choice(_words(*_ANIMALS))])


def _parse(member: str, text: str, own: Collection[str], allowed: Collection[str] = ()) -> str:
    # Only ASCII is lowered: elsewhere there are letters whose small form is an ASCII one (the Kelvin sign).
    slug = text.lower() if text.isascii() else text
    if len(slug) > MAX_LABEL_CHARS or _GRAMMAR.fullmatch(slug) is None:
        raise BadRequest(
            f'{member}: "{slug[:MAX_LABEL_CHARS]}" can\'t be a part of a host name; use letters a to z, '
            f"digits and single hyphens between them, at most {MAX_LABEL_CHARS} characters."
        )
    shape = _shape(slug)
    for name in sorted(RESERVED.union(own).difference(allowed)):
        if shape == _shape(name):
            why = "is reserved" if slug == name else f'looks like "{name}", which is reserved'
            raise BadRequest(
                f'{member}: "{slug}" {why} for the server itself, so that nobody takes an app for a part of it; take'
                f' another name, such as "my-{slug}".'
            )
    return slug


def _shape(name: str) -> str:
    """Return *name* with characters that look alike made the same: 0 and o; 1, i and l; rn and m."""
    return name.translate(_LOOK_ALIKES).replace("rn", "m")


def slug_of(name: str, max_chars: int = MAX_LABEL_CHARS) -> str:
    """Return *name* as a part of a host name: small letters, digits, single hyphens. Empty if nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:max_chars].strip("-")
