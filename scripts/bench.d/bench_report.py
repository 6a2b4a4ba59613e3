"""What a run tells: a table per row as it is done, the goals at the end. Text only."""

from collections.abc import Iterable, Iterator, Mapping

from bench_figures import Figure, Results
from bench_goals import Goal, Verdict
from bench_rows import Row

WORDS = {True: "met", False: "NOT MET", None: "not measured"}


def say_row(row: Row, results: Results) -> None:
    """Print the figures of all sides of *row*, and how ours compares."""
    print(f"\n{row.title}  [{row.key}]", flush=True)
    sides = results.figures.get(row.key, {})
    for name, figures in sides.items():
        print("  " + side_line(name, figures, row.metric, sides), flush=True)
    for what, why in results.failed.items():
        if what == row.key or what.startswith(f"{row.key}: "):
            print(f"  left out: {what.removeprefix(row.key).lstrip(': ') or row.key}: {why}", flush=True)


def side_line(
    name: str, figures: Mapping[str, Figure], metric: str, sides: Mapping[str, Mapping[str, Figure]]
) -> str:
    """Return one line: medians, the spread of the main metric, ours as a multiple of this side."""
    parts = [f"{name:18}"]
    if "rate" in figures:
        parts.append(f"{figures['rate'].median:9,.0f}/s")
    for key, unit in (
        ("p50_ms", "ms p50"),
        ("p99_ms", "ms p99"),
        ("own_p99_ms", "ms own work p99"),
        ("page_ms", "ms to the page"),
        ("cpu_us", "µs CPU"),
        ("kib", "KiB each"),
    ):
        if key in figures:
            parts.append(f"{figures[key].median:9,.2f} {unit}")
    if metric in figures:
        parts.append(f"±{figures[metric].spread / 2:4.0%}")
    if "others" in figures:
        parts.append(f"others {figures['others'].median:4.0%}")
    if name != "ours":
        parts += [f"{word} {ratio:.2f} ×" for word, ratio in _ratios(figures, metric, sides.get("ours", {}))]
    return "  ".join(parts)


def _ratios(
    figures: Mapping[str, Figure], metric: str, ours: Mapping[str, Figure]
) -> Iterator[tuple[str, float]]:
    """Give ours as multiples of *figures*. The one of CPU time holds when others use the machine, too."""
    for word, key in (("ours is", metric), ("in CPU", "cpu_us")):
        if key in ours and key in figures and figures[key].median and (key != metric or word == "ours is"):
            yield word, ours[key].median / figures[key].median


def goal_line(verdict: Verdict) -> str:
    """Return one line on a goal."""
    goal, value = verdict.goal, verdict.value
    measured = "-" if value is None else _number(value, goal)
    wanted = ("≥ " if goal.at_least else "≤ ") + _number(goal.limit, goal)
    return f"{goal.text:62} {measured:>12}   goal {wanted:>10}   {WORDS[verdict.met]}"


def _number(value: float, goal: Goal) -> str:
    return f"{value:,.2f} {goal.unit}" if value < 100 else f"{value:,.0f} {goal.unit}"


def say_goals(verdicts: Iterable[Verdict]) -> None:
    """Print all *verdicts*."""
    print("\nGoals")
    for verdict in verdicts:
        print("  " + goal_line(verdict), flush=True)
