"""Numbers as Prometheus reads them: what its own parser takes out is what was put in."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

from vibes_trio.counts import METRICS, Kind, Registry
from vibes_trio.exposition import (
    add_up,
    decode,
    encode,
    sample_names,
    shown_name,
    take,
    wants_open,
    what_lasts,
    write,
)

READERS = [pytest.param(read_plain, False, id="0.0.4"), pytest.param(read_open, True, id="OpenMetrics")]


@pytest.fixture
def counts() -> Registry:
    counts = Registry()
    counts.cells("answers")["app", 200, "fast"].value += 3
    counts.cells("messages")['a"b\\c\nd', "done"].value += 2
    counts.give_one("wal_bytes", lambda: 4096)
    for value in (0.0001, 0.3, 7.0):
        counts.histograms("answer_seconds")["app", "fast"].add(value)
    counts.give("process_cpu_seconds", lambda: {("owner",): 1.5})
    return counts


def samples(read, is_open, snapshot):
    text = write(snapshot, is_open=is_open).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in read(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(("read", "is_open"), READERS)
def test_the_parser_of_prometheus_reads_what_was_counted(counts, read, is_open):
    found = samples(read, is_open, take(counts))

    assert found["vibes_answers_total", (("kind", "app"), ("lane", "fast"), ("status", "200"))] == 3
    assert found["vibes_messages_total", (("ended", "done"), ("type", 'a"b\\c\nd'))] == 2
    assert found["vibes_wal_bytes", ()] == 4096
    assert found["process_cpu_seconds_total", (("process", "owner"),)] == 1.5
    of_app = (("kind", "app"), ("lane", "fast"))
    assert found["vibes_answer_seconds_count", of_app] == 3
    assert found["vibes_answer_seconds_sum", of_app] == pytest.approx(7.3001)


@pytest.mark.parametrize(("read", "is_open"), READERS)
def test_buckets_count_all_up_to_their_bound(counts, read, is_open):
    found = samples(read, is_open, take(counts))
    buckets = {
        dict(labels)["le"]: value for (name, labels), value in found.items() if name.endswith("_bucket")
    }

    assert (buckets["0.0001"], buckets["0.25"], buckets["1.0"], buckets["+Inf"]) == (1, 1, 2, 3)


@pytest.mark.parametrize(("read", "is_open"), READERS)
def test_every_metric_can_be_written_and_has_the_samples_that_it_is_said_to_have(read, is_open):
    counts = Registry()
    for name, metric in METRICS.items():
        labels = ("x",) * len(metric.labels)
        if metric.kind is Kind.HISTOGRAM:
            counts.histograms(name)[labels].add(1)
        else:
            counts.give(name, lambda labels=labels: {labels: 1})

    text = write(take(counts), is_open=is_open).decode()

    families = {family.name: family for family in read(text)}
    assert {sample.name for family in families.values() for sample in family.samples} == sample_names()
    assert set(families) == {shown_name(name) for name in METRICS}
    for name, metric in METRICS.items():
        family = families[shown_name(name)]
        assert (family.type, family.documentation) == (metric.kind.value, metric.help)


def test_what_processes_counted_is_added_up(counts):
    other = Registry()
    other.cells("answers")["app", 200, "fast"].value += 4
    other.histograms("answer_seconds")["app", "fast"].add(0.3)

    total = add_up((take(counts), decode(encode(take(other)))))

    assert total["answers"] == {("app", "200", "fast"): (7,)}
    assert total["answer_seconds"]["app", "fast"][-1] == pytest.approx(7.6001)
    assert sum(total["answer_seconds"]["app", "fast"][:-1]) == 4


def test_of_a_process_that_has_ended_only_what_grows_counts_on(counts):
    assert set(what_lasts(take(counts))) == {"answers", "messages", "answer_seconds"}


@pytest.mark.parametrize(
    ("accept", "is_open"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text; version=1.0.0", True),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", True),
        ("application/openmetrics-text;q=0, text/plain", False),
        ("application/openmetrics-text;q=0.0", False),
    ],
)
def test_who_asks_for_openmetrics_gets_it(accept, is_open):
    assert wants_open(accept) is is_open
