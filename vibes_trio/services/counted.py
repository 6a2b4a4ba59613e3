"""What the parts of an `App` know of themselves, told to its counts."""

from vibes_trio.context import App


def report(app: App) -> None:
    """Let `app.counts` tell what caches and jobs hold."""
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
