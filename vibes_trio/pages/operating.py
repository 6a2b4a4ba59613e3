"""The pages of whoever runs the server: what it does now, who may sign in, and how it is set up."""

from collections.abc import Callable, Mapping

from vibes_trio.content.sizes import shown_size
from vibes_trio.pages.charts import HEIGHT, WIDTH, draw
from vibes_trio.pages.visit import Shown, Visit
from vibes_trio.services.server_settings import INSTEAD
from vibes_trio.wire.operator import (
    Figure,
    FigureSeries,
    ReqGetServerFindings,
    ReqGetServerStatus,
    ReqListServerSettings,
    ReqListUsers,
)
from vibes_trio.wire.people import ReqListUserInvites

OPERATOR = "/operator"
USERS = f"{OPERATOR}/users"
SETTINGS = f"{OPERATOR}/settings"
LISTED = 50
_ANSWERED = "answers"


def shown_number(value: float) -> str:
    """Return *value* as people read it: what is large whole, what is small with its first digits."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def shown_share(value: float) -> str:
    """Return *value*, a part of 1, in per cent."""
    return f"{value * 100:.0f} %"


def _shown_bytes(value: float) -> str:
    return shown_size(int(value))


_FORMS: Mapping[str, Callable[[float], str]] = {"cpu": shown_share}


def _form(name: str) -> Callable[[float], str]:
    """Return how a value of the series *name* is shown."""
    return _FORMS.get(name, _shown_bytes if name.endswith("_bytes") else shown_number)


def _chart(series: FigureSeries) -> Mapping[str, object]:
    form, values = _form(series.name), [point.value for point in series.points]
    return {
        "name": series.name,
        "line": draw(series.points),
        "now": form(values[-1]) if values else "",
        "most": form(max(values)) if values else "",
        "minutes": round((series.points[-1].at - series.points[0].at) / 60_000) if values else 0,
    }


async def operator_page(visit: Visit) -> Shown:
    """Show what the server does and holds now."""
    status = await visit.ask(ReqGetServerStatus())
    given = {
        "status": status,
        "charts": [_chart(series) for series in status.series],
        "width": WIDTH,
        "height": HEIGHT,
        "answers": _by_status(status.figures),
        "size": shown_size,
        "number": shown_number,
        "errors": [one for one in status.figures if one.name == "errors"],
    }
    return Shown("operator.html", given)


def _by_status(figures: tuple[Figure, ...]) -> Mapping[str, float]:
    """Return how many requests were answered, by their status."""
    found: dict[str, float] = {}
    for figure in figures:
        if figure.name == _ANSWERED:
            status = figure.labels["status"]
            found[status] = found.get(status, 0.0) + figure.value
    return dict(sorted(found.items()))


async def users_page(visit: Visit) -> Shown:
    """Show who may sign in, what they keep, and who is invited."""
    users = await visit.ask(ReqListUsers(limit=LISTED, cursor=visit.query.get("cursor", "")))
    given = {
        "users": users.items,
        "more": users.next_cursor,
        "invites": (await visit.ask(ReqListUserInvites())).items,
        "size": shown_size,
        "limits": visit.app.config,
    }
    return Shown("operator_users.html", given)


async def settings_page(visit: Visit) -> Shown:
    """Show every setting, and what may become a problem."""
    findings = await visit.ask(ReqGetServerFindings())
    settings = await visit.ask(ReqListServerSettings())
    order = {"problem": 0, "note": 1}
    given = {
        "findings": sorted(findings.items, key=lambda one: order.get(one.level, 2)),
        "looked": findings.looked,
        "settings": settings.items,
        "instead": INSTEAD,
    }
    return Shown("operator_settings.html", given)
