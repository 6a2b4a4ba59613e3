"""The pure parts of scripts/bench: statistics, what is read from programs and /proc, goals, the picture's data."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))

from bench_chart import PLANS, PanelPlan, make_panels
from bench_figures import (
    BenchError,
    Figure,
    Results,
    as_json,
    make_sample,
    percentile,
    read_busy_ticks,
    read_cpu_ticks,
    read_load,
    read_pss_kib,
    summarize,
)
from bench_goals import GOALS, Goal, Verdict, judge, less, of, over
from bench_ours import append, ensure_context, make_app
from bench_report import goal_line, side_line
from bench_rows import ROWS


def results_of(**rates: float) -> Results:
    """Results with one row `r` and a rate per side."""
    results = Results()
    for side, rate in rates.items():
        results.add("r", side, [{"rate": rate}])
    return results


def test_summary_is_median_and_range_of_each_metric() -> None:
    summary = summarize([{"rate": 5.0}, {"rate": 1.0}, {"rate": 3.0}])

    assert summary == {"rate": Figure(3.0, 1.0, 5.0)}
    assert summary["rate"].spread == pytest.approx(4 / 3)


def test_metric_that_one_round_lacks_is_left_out() -> None:
    assert list(summarize([{"rate": 1.0, "cpu_us": 2.0}, {"rate": 1.0}])) == ["rate"]


def test_figure_of_nothing_has_no_spread() -> None:
    assert Figure(0.0, 0.0, 0.0).spread == 0.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_percentile_is_the_smallest_value_that_enough_do_not_exceed(share: float, value: int) -> None:
    assert percentile(reversed(range(1, 101)), share) == value


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7.0


def test_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_wrk_is_read_from_its_last_line() -> None:
    said = 'Running 1s test\n  1 threads\nJSON {"count": 10, "seconds": 2.0, "p50_ms": 1, "p99_ms": 2, "errors": 0}\n'

    assert make_sample(read_load(said), cpu_s=0.001) == {
        "rate": 5.0,
        "p50_ms": 1,
        "p99_ms": 2,
        "cpu_us": 100.0,
    }


def test_ws_load_is_read_without_cpu_time() -> None:
    said = '{"count": 4, "seconds": 2.0, "p50_ms": 1, "p99_ms": 2, "errors": 0, "sent": 4}\n'

    assert "cpu_us" not in make_sample(read_load(said))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("unable to connect", "no figures: unable to connect"),
        ("", "no output"),
        ('{"count": 10, "errors": 3}', "3 of 10 answers were errors"),
        ('{"count": 0, "errors": 0}', "not one answer"),
    ],
)
def test_run_without_good_answers_has_no_figures(said: str, why: str) -> None:
    with pytest.raises(BenchError, match=why):
        read_load(said)


def test_cpu_ticks_count_ended_children_and_any_process_name() -> None:
    stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 1 0 5"

    assert read_cpu_ticks(stat) == 127


def test_busy_ticks_leave_out_idle_waiting_and_interrupts() -> None:
    assert read_busy_ticks("cpu  10 1 5 1000 200 30 40 2 0 0\ncpu0 1 2 3\n") == 18


def test_memory_is_the_proportional_one() -> None:
    assert read_pss_kib("Rss:   500 kB\nPss:   123 kB\nPss_Dirty: 7 kB\n") == 123


def test_goal_is_judged_by_its_direction() -> None:
    results = results_of(ours=30.0, node=20.0)
    faster = Goal("r", "", over(of("r", "rate"), of("r", "rate", "node")), 1.5, at_least=True)
    slower = Goal("r", "", of("r", "rate"), 29.9)

    assert Verdict(faster, faster.value(results)).met is True
    assert Verdict(slower, slower.value(results)).met is False


def test_goal_with_a_missing_side_is_not_judged() -> None:
    results = results_of(ours=30.0)

    for value in (over(of("r", "rate"), of("r", "rate", "node")), less(of("x", "rate"), of("r", "rate"))):
        assert Verdict(Goal("r", "", value, 1), value(results)).met is None


def test_every_goal_names_a_row_and_sides_that_are_measured() -> None:
    results = Results()
    for row in ROWS:
        for side in row.sides:
            metrics = ("rate", "p50_ms", "p99_ms", "each_p99_ms", "page_ms", "cpu_us", "load_us", "kib")
            results.add(row.key, side, [dict.fromkeys(metrics, 2.0)])

    verdicts = judge(results, {row.key for row in ROWS})

    assert len(verdicts) == len(GOALS)
    assert all(verdict.met is not None for verdict in verdicts)


def test_two_processes_are_judged_by_what_the_load_generator_leaves_of_two_cores() -> None:
    results = Results()
    results.add("workers", "ours, 1 process", [{"rate": 100_000.0, "cpu_us": 10.0, "load_us": 6.0}])
    results.add("workers", "ours, 2 processes", [{"rate": 112_500.0, "cpu_us": 11.0, "load_us": 6.0}])

    verdict, times_one = judge(results, {"workers"})

    assert verdict.value == pytest.approx(0.9)
    assert times_one.value == pytest.approx(1.125)


def test_only_goals_of_chosen_rows_are_judged() -> None:
    assert {verdict.goal.row for verdict in judge(Results(), {"idle"})} == {"idle"}


def test_row_keys_are_unique() -> None:
    assert len({row.key for row in ROWS}) == len(ROWS)


def test_line_of_a_side_tells_how_ours_compares() -> None:
    sides = results_of(ours=30.0, node=20.0).figures["r"]

    assert "ours is 1.50 ×" in side_line("node", sides["node"], "rate", sides)
    assert "in CPU" not in side_line("node", sides["node"], "rate", sides)
    assert "ours is" not in side_line("ours", sides["ours"], "rate", sides)


def test_line_of_a_side_compares_cpu_time_too() -> None:
    results = Results()
    results.add("r", "ours", [{"rate": 1.0, "cpu_us": 30.0}])
    results.add("r", "node", [{"rate": 1.0, "cpu_us": 20.0}])
    sides = results.figures["r"]

    assert side_line("node", sides["node"], "rate", sides).endswith("ours is 1.00 ×  in CPU 1.50 ×")
    assert side_line("node", sides["node"], "cpu_us", sides).endswith("ours is 1.50 ×")


@pytest.mark.parametrize(("value", "word"), [(0.5, "NOT MET"), (2.0, "met"), (None, "not measured")])
def test_line_of_a_goal_says_how_it_stands(value: float | None, word: str) -> None:
    line = goal_line(Verdict(Goal("r", "a goal", lambda results: value, 1.0, at_least=True), value))

    assert line.endswith(word)
    assert "≥ 1.00" in line


def test_panels_show_only_what_was_measured() -> None:
    results = results_of(ours=3000.0, node=2000.0)
    plans = [PanelPlan("r", "rate", "T", "k/s", 1e-3), PanelPlan("r", "kib", "M", "KiB"), PLANS[0]]

    panels = make_panels(results, plans)

    assert [(panel.title, panel.bars) for panel in panels] == [("T", (("ours", 3.0), ("node", 2.0)))]


def test_every_panel_is_of_a_row() -> None:
    assert {plan.row for plan in PLANS} <= {row.key for row in ROWS}


def test_figures_are_written_as_plain_data() -> None:
    results = results_of(ours=1.0)
    results.failed["r: node"] = "missing"

    assert json.loads(json.dumps(as_json(results))) == {
        "rows": {"r": {"ours": {"rate": {"median": 1.0, "low": 1.0, "high": 1.0}}}},
        "failed": {"r: node": "missing"},
    }


def test_messages_have_the_sizes_they_claim() -> None:
    blocks = json.loads(append(None, "c"))["payload"]["blocks"]

    assert len(json.dumps(blocks, separators=(",", ":"))) == 1024
    assert len(ensure_context(None, "c", 285)) == 285
    assert abs(len(make_app("x", 12 * 1024)) - 12 * 1024) < 1024


def test_apps_of_other_names_differ() -> None:
    assert make_app("a", 4000) != make_app("b", 4000)
