"""A dashboard for Grafana over what `/metrics` tells; `vibes-trio print grafana` prints it, to be imported there."""

import json
from typing import Any

import msgspec

from vibes_trio.exposition import PREFIX

TITLE = "vibes-trio"
_SCHEMA_VERSION = 39
"""Of Grafana 10 and later; newer ones bring it up to date."""
_WIDTH, _HEIGHT, _IN_A_ROW = 8, 8, 3
_RATE = "[$__rate_interval]"


class Query(msgspec.Struct, frozen=True):
    """A line, or many, of a panel: PromQL without the filter for the server, and what each line is called."""

    expr: str
    legend: str


class Panel(msgspec.Struct, frozen=True):
    """A graph. *unit*: as Grafana calls it."""

    title: str
    unit: str
    queries: tuple[Query, ...]


def _rate(name: str, by: str, legend: str = "") -> Query:
    metric = name if name.startswith("process_") else PREFIX + name
    return Query(f'sum by ({by}) (rate({metric}{{instance=~"$instance"}}{_RATE}))', legend or f"{{{{{by}}}}}")


def _now(name: str, by: str = "", legend: str = "") -> Query:
    metric = name if name.startswith("process_") else PREFIX + name
    grouped = f"sum by ({by}) " if by else "sum "
    return Query(f'{grouped}({metric}{{instance=~"$instance"}})', legend or (f"{{{{{by}}}}}" if by else name))


def _quantile(share: float, name: str, by: str) -> Query:
    buckets = f'sum by (le, {by}) (rate({PREFIX}{name}_bucket{{instance=~"$instance"}}{_RATE}))'
    return Query(f"histogram_quantile({share}, {buckets})", f"{{{{{by}}}}} {share:.0%}")


PANELS: tuple[Panel, ...] = (
    Panel("Answers by kind", "reqps", (_rate("answers_total", "kind"),)),
    Panel("Answers by status", "reqps", (_rate("answers_total", "status"),)),
    Panel("Answers by lane", "reqps", (_rate("answers_total", "lane"),)),
    Panel(
        "How long answers take",
        "s",
        (_quantile(0.5, "answer_seconds", "kind"), _quantile(0.99, "answer_seconds", "kind")),
    ),
    Panel("Messages by type", "reqps", (_rate("messages_total", "type"),)),
    Panel("How long messages take (99 %)", "s", (_quantile(0.99, "message_seconds", "type"),)),
    Panel("Errors by code", "reqps", (_rate("errors_total", "code"),)),
    Panel(
        "Connections",
        "short",
        (
            _now("connections_open"),
            _now("connections_parked"),
            _now("websockets_open"),
            _now("subscriptions"),
            _now("connections_shedding"),
        ),
    ),
    Panel("What became of connections", "cps", (_rate("connections_total", "how"),)),
    Panel(
        "Commits",
        "short",
        (_rate("commits_total", "job", "commits/s"), _now("writes_waiting", "", "waiting")),
    ),
    Panel(
        "How long a commit takes",
        "s",
        (
            _quantile(0.5, "commit_seconds", "job"),
            _quantile(0.99, "commit_seconds", "job"),
        ),
    ),
    Panel("Log of writes (WAL)", "bytes", (_now("wal_bytes"),)),
    Panel(
        "Found in memory", "reqps", (_rate("cache_lookups_total", "cache, found", "{{cache}}: {{found}}"),)
    ),
    Panel(
        "Memory", "bytes", (_now("process_resident_memory_bytes", "process"), _now("cache_bytes", "cache"))
    ),
    Panel("Held for clients", "bytes", (_now("held_bytes"),)),
    Panel(
        "Jobs that wait", "short", (_now("jobs_waiting", "kind"), _now("jobs_dropped_total", "", "dropped"))
    ),
    Panel("Jobs done", "ops", (_rate("jobs_total", "kind, ended", "{{kind}}: {{ended}}"),)),
    Panel(
        "Builds and compiles",
        "ops",
        (
            _rate("builds_total", "ended", "builds: {{ended}}"),
            _rate("compiles_total", "ended", "compiles: {{ended}}"),
        ),
    ),
    Panel("Removed to make room", "ops", (_rate("removed_total", "what"),)),
    Panel("Requests to others", "reqps", (_rate("outbound_total", "status"),)),
    Panel("Work by time", "ops", (_rate("periodic_runs_total", "work, ended", "{{work}}: {{ended}}"),)),
    Panel("Processor", "percentunit", (_rate("process_cpu_seconds_total", "process"),)),
    Panel(
        "Newest backup of its own",
        "dateTimeAsIso",
        (Query(f'max ({PREFIX}last_backup_seconds{{instance=~"$instance"}}) * 1000', "backup"),),
    ),
    Panel("Open files", "short", (_now("process_open_fds", "process"),)),
    Panel(
        "Started",
        "dateTimeAsIso",
        (
            Query(
                'max by (process) (process_start_time_seconds{instance=~"$instance"}) * 1000', "{{process}}"
            ),
        ),
    ),
)


def make_dashboard() -> str:
    """Return the dashboard as JSON text."""
    return json.dumps(
        {
            "title": TITLE,
            "uid": TITLE,
            "tags": [TITLE],
            "schemaVersion": _SCHEMA_VERSION,
            "version": 1,
            "editable": True,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": [_DATASOURCE, _INSTANCE]},
            "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
        },
        indent=2,
    )


_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_DATASOURCE = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
_INSTANCE = {
    "name": "instance",
    "label": "Server",
    "type": "query",
    "datasource": _SOURCE,
    "query": f"label_values({PREFIX}build_info, instance)",
    "refresh": 2,
    "includeAll": True,
    "multi": True,
    "current": {"text": "All", "value": "$__all"},
}


def _panel(number: int, panel: Panel) -> dict[str, Any]:  # Any: JSON
    row, column = divmod(number, _IN_A_ROW)
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "stat" if panel.unit == "dateTimeAsIso" else "timeseries",
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend,
            }
            for place, query in enumerate(panel.queries)
        ],
    }
