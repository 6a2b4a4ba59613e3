"""What the parts of an `App` know of themselves, told to its counts."""

import platform

from vibes_trio import __version__, process_figures
from vibes_trio.context import App
from vibes_trio.storage.engines import describe_engine

OWNER = "owner"
"""What the process that owns the data is called; a reader goes by its number."""


def report(app: App, process: str = OWNER) -> None:
    """Let `app.counts` tell what caches, jobs and the *process* hold."""
    process_figures.report(app.counts, process, app.now())
    app.counts.give(
        "cache_lookups",
        lambda: {
            ("assets", "yes"): app.assets.hits,
            ("assets", "no"): app.assets.misses,
            ("releases", "yes"): app.releases.hits,
            ("releases", "no"): app.releases.misses,
        },
    )
    app.counts.give("cache_bytes", lambda: {("assets",): app.assets.size_bytes})
    app.counts.give("jobs_waiting", lambda: {(kind.__name__,): len(q) for kind, q in app.jobs.queues.items()})
    app.counts.give_one("jobs_dropped", lambda: app.jobs.dropped)
    app.counts.give_one("subscriptions", lambda: app.live.members)
    if process == OWNER:
        engine = describe_engine()
        versions = (__version__, platform.python_version(), f"{engine.name} {engine.version}")
        app.counts.give("build_info", lambda: {versions: 1})
