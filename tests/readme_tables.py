"""The tables of the README, made from the code that they describe."""

import re
from pathlib import Path
from typing import Any

from kinds_of_apps import KINDS, count
from recorded import FILES, differences, load

from vibes_trio import errors
from vibes_trio.config import SETTINGS, Config
from vibes_trio.front.status import STATUS
from vibes_trio.handlers import PIPELINE
from vibes_trio.wire.access import Relation, rule_of
from vibes_trio.wire.base import Request
from vibes_trio.wire.chat import ReqAppendChatSection, ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.requests import REQUESTS
from vibes_trio.wire.restrictions import RESTRICTIONS

OF_ALL = {"auth", *(restriction.member for restriction in RESTRICTIONS)}
"""Members that every request may have."""
DEFAULTS = {
    "data_dir": "`~/.local/share/vibes-trio`",
    "hostname_base": "`localhost:{port}`",
    "protocol": "`http` on localhost, else `https`",
    "wrapper_base_url": "`{protocol}://{base}/vibe`",
    "device_id_ca_priv_key": "made at the first start",
    "device_id_ca_cert": "made at the first start",
    "cloud_session_token_public": "made at the first start",
    "api_origins": "`*`",
    "clerk_keys": "Clerk is off",
    "clerk_urls": "Clerk is off",
}


def settings() -> str:
    rows = ["| setting | meaning | default |", "| --- | --- | --- |"]
    empty = Config(data_dir=Path("/"))
    for setting in SETTINGS:
        value = getattr(empty, setting.field)
        default = DEFAULTS.get(setting.field) or (f"`{value}`" if value else "")
        rows.append(f"| `{setting.name}` | {setting.meaning} | {default} |")
    return "\n".join(rows)


def requests() -> list[type[Request[Any]]]:
    """All requests that the wire knows."""
    return sorted(REQUESTS.values(), key=lambda request: str(request.__struct_config__.tag))


def messages() -> str:
    rows = ["| message | members | answer |", "| --- | --- | --- |"]
    for request in requests():
        members = [f"`{name}`" for name in request.__struct_encode_fields__ if name not in OF_ALL]
        response = next(base.__args__[0] for base in request.__orig_bases__)
        given = [f"`{name}`" for name in response.__struct_encode_fields__]
        text = (request.__doc__ or "").split("\n")[0].split(". ")[0].rstrip(".")
        rows.append(
            f"| `{request.__struct_config__.tag}`: {text} | {', '.join(members)} |"
            f" `{response.__struct_config__.tag}`: {', '.join(given)} |"
        )
    return "\n".join(rows)


LEAST = {
    Relation.ANYONE: "anyone",
    Relation.SIGNED_IN: "who is signed in",
    Relation.VIEWER: "viewer",
    Relation.EDITOR: "editor",
    Relation.OWNER: "owner",
    Relation.OPERATOR: "operator",
}


def access() -> str:
    rows = ["| message | about | least that may | others are answered |", "| --- | --- | --- | --- |"]
    for request in requests():
        rule = rule_of(request)
        changes = f"; {LEAST[rule.changes]} changes it" if rule.changes is not None else ""
        changes += "; the app itself, for its visitor" if rule.of_apps else ""
        rows.append(
            f"| `{str(request.__struct_config__.tag).removeprefix('vibes.diy.req-')}` | {rule.about.value}"
            f"{', made if not there' if rule.makes else ''} | {LEAST[rule.least]}{changes} | {rule.refused} |"
        )
    return "\n".join(rows)


def restrictions() -> str:
    rows = ["| member | restricts nothing | kept of an app | anything else |", "| --- | --- | --- | --- |"]
    for restriction in RESTRICTIONS:
        taken, kept = (
            ", ".join(f"`{value}`" for value in values) for values in (restriction.harmless, restriction.kept)
        )
        rows.append(f"| `{restriction.member}` | {taken} | {kept} | refused |")
    return "\n".join(rows)


def error_codes() -> str:
    rows = ["| code | HTTP | when |", "| --- | --- | --- |"]
    for code, status in STATUS.items():
        cls = next(c for c in _error_classes() if c.code == code)
        rows.append(f"| `{code}` | {status} | {(cls.__doc__ or '').splitlines()[0].rstrip('.')} |")
    return "\n".join(rows)


def _error_classes() -> list[type[errors.VibesError]]:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.VibesError)]
    return [c for c in classes if c is not errors.VibesError]


def difference_rows() -> str:
    rows = ["| reference | ours |", "| --- | --- |"]
    rows += [f"| {row['reference']} | {row['ours']} |" for row in load("differences")["rows"]]
    return "\n".join(rows)


def counts() -> str:
    vectors = [v["name"] for f in FILES for s in load(f)["scenarios"] for v in s["vectors"]]
    named = [name for name in vectors if name in differences()]
    tokens = len(load("auth-tokens")["vectors"])
    tables = sum(len(v) for k, v in load("tables").items() if k != "format")
    transforms = len(load("transforms")["jsx"]) + len(load("transforms")["js"])
    corpus = len(load("jsx-corpus")["entries"])
    other = load("differences")
    return (
        f"Of {len(vectors)} recorded exchanges {len(vectors) - len(named)} are answered the same; the other "
        f"{len(named)} are named one by one in `differences.json` with our answer and the row below that allows it. "
        f"Checked as well are {tokens} recorded tokens ({len(other['tokens'])} differ), {tables} table entries, "
        f"{transforms} transformed sources ({len({e['entry'] for e in other['transforms']})} differ in being "
        f"accepted, {len(other['import_maps'])} in their import map) and {corpus} components, rendered by React "
        f"({len({e['entry'] for e in other['corpus']})} differ with one of the two compilers)."
    )


def kinds() -> str:
    """The ways in which apps come, counted."""
    rows = ["| kind | went wrong elsewhere | worked |", "| --- | --- | --- |"]
    rows += [f"| {kind} | {count(kind, wrong=True)} | {count(kind, wrong=False)} |" for kind in KINDS]
    sums = (sum(count(kind, wrong=wrong) for kind in KINDS) for wrong in (True, False))
    rows.append(f"| together | {' | '.join(map(str, sums))} |")
    return "\n".join(rows)


SECTIONS = {
    "settings": settings,
    "messages": messages,
    "access": access,
    "restrictions": restrictions,
    "errors": error_codes,
    "differences": difference_rows,
    "counts": counts,
    "kinds": kinds,
}


def render(text: str) -> str:
    """Return the README with every marked section filled from the code."""
    for name, make in SECTIONS.items():
        block = name not in ("counts",)
        content = f"\n{make()}\n" if block else make()
        text, filled = re.subn(
            rf"(<!-- {name} -->).*?(<!-- /{name} -->)",
            lambda match, content=content: match.group(1) + content + match.group(2),
            text,
            flags=re.DOTALL,
        )
        assert filled == 1, f"README.md has no section {name}"
    return text


__all__ = [
    "PIPELINE",
    "ReqAppendChatSection",
    "ReqEnsureAppSlug",
    "ReqEnsureChatContext",
    "render",
    "requests",
]
