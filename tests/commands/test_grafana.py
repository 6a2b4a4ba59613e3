"""The dashboard asks for nothing that the server doesn't tell."""

import json
import re

from vibes_trio.cli import main
from vibes_trio.counts import METRICS
from vibes_trio.exposition import sample_names, shown_name

NAME = re.compile(r"\b(?:vibes|process)_[a-z_]+\b(?=\{)")


def dashboard(capsys):
    assert main(["print", "grafana"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_name_in_the_dashboard_is_that_of_a_sample(capsys):
    made = dashboard(capsys)
    asked = {
        name
        for panel in made["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }

    assert asked <= sample_names()
    assert all(NAME.search(target["expr"]) for panel in made["panels"] for target in panel["targets"])


def test_every_metric_stands_in_the_dashboard(capsys):
    text = json.dumps(dashboard(capsys))
    secondary = {"commit_writes", "websockets", "process_max_fds"}

    assert [name for name in METRICS if name not in secondary and shown_name(name) not in text] == []


def test_labels_that_lines_are_grouped_by_are_those_of_their_metric(capsys):
    by_name = {shown_name(name): set(metric.labels) for name, metric in METRICS.items()}
    for panel in dashboard(capsys)["panels"]:
        for target in panel["targets"]:
            found = NAME.findall(target["expr"])[0]
            family = re.sub(r"_(total|bucket|sum|count)$", "", found)
            grouped = re.search(r"by \(([^)]*)\)", target["expr"])
            wanted = set(grouped[1].split(", ")) - {"le", "job"} if grouped else set()
            assert wanted <= by_name[family], target["expr"]


def test_panels_do_not_lie_on_each_other(capsys):
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in dashboard(capsys)["panels"]]

    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) + 8 <= 24
