"""What the picture shows, taken from the results. Pure; `draw_chart.py` draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench_figures import Results


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """One panel: a metric of one row, over its sides. *scale* multiplies the figures."""

    row: str
    metric: str
    title: str
    unit: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel with its bars: name and value, in the order of the row."""

    title: str
    unit: str
    bars: tuple[tuple[str, float], ...]


PLANS = (
    PanelPlan("asset.get", "rate", "GET of an 8 KiB asset", "thousand a second", 1e-3),
    PanelPlan("post.known", "rate", "POST of a message*", "thousand a second", 1e-3),
    PanelPlan("ws.64", "rate", "WebSocket messages, 64 connections*", "thousand a second", 1e-3),
    PanelPlan("append.256", "rate", "Durable appends, 256 in flight*", "thousand a second", 1e-3),
    PanelPlan("idle", "kib", "Memory of an idle WebSocket", "KiB, less is better"),
    PanelPlan("start", "p50_ms", "Start to first answer", "ms, less is better"),
)

FOOTNOTE = "One server core, load on another, loopback. * Ours signs in and dispatches each message; the others do not."


def make_panels(results: Results, plans: Sequence[PanelPlan] = PLANS) -> list[Panel]:
    """Return the panels of *plans*; a side that was not measured has no bar, a row without bars no panel."""
    panels = []
    for plan in plans:
        bars = tuple(
            (side, figures[plan.metric].median * plan.scale)
            for side, figures in results.figures.get(plan.row, {}).items()
            if plan.metric in figures
        )
        if bars:
            panels.append(Panel(plan.title, plan.unit, bars))
    return panels
