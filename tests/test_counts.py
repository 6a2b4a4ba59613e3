"""Numbers under names: each is counted by somebody, and none grows without bound."""

import pytest
from asking import APPEND, envelope
from recorded import token
from serving import http_client, running, websocket

from vibes_trio.counts import MAX_CELLS, METRICS, OTHER, Histogram, Kind, Registry


@pytest.fixture
def counts() -> Registry:
    return Registry()


def test_a_cell_is_found_by_its_labels(counts):
    counts.cells("answers")["app", 200, "fast"].value += 2
    counts.cells("answers")["app", 404, "fast"].value += 1

    assert counts.read("answers") == {("app", 200, "fast"): 2, ("app", 404, "fast"): 1}


def test_labels_beyond_the_bound_are_counted_together(counts):
    cells = counts.cells("messages")

    for number in range(2 * MAX_CELLS):
        cells[str(number), 200].value += 1

    assert len(cells) == MAX_CELLS + 1
    assert cells[OTHER, OTHER].value == MAX_CELLS


def test_a_value_counts_up_to_the_bound_that_it_reaches():
    histogram = Histogram((1.0, 2.0))

    for value in (0.5, 1.0, 1.5, 7.0):
        histogram.add(value)

    assert (histogram.counts, histogram.total) == ([2, 1, 1], 10.0)


def test_what_nobody_counts_has_no_number(counts):
    counts.give_one("held_bytes", lambda: 7)

    assert counts.read("websockets") == {}
    assert [(name, numbers) for name, _, numbers in counts] == [("held_bytes", {(): 7})]


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_named_by_what_it_is(name):
    metric = METRICS[name]

    assert bool(metric.bounds) is (metric.kind is Kind.HISTOGRAM)
    assert list(metric.bounds) == sorted(metric.bounds)
    assert metric.help
    assert not {"job", "instance", "le"} & set(metric.labels)
    assert name == name.lower()


async def test_a_server_counts_everything(tmp_path):
    async with running(tmp_path / "data") as app:
        async with http_client(app.config.port) as client:
            await client.ask(token("A"), "vibes.diy.req-ensure-chat-context", contextId="c")
            await client.ask(token("A"), APPEND, contextId="none", origin="client", blocks=[])
            await client.ask(token("A"), "none")
            await client.get("none--nobody.localhost")
            await client.stream.send_all(b"GET /none HTTP/1.1\r\nhost: none--nobody.localhost\r\n\r\n" * 2)
            await client.answer()
            await client.answer()
            await client.get("localhost", "/healthz")
            await client.stream.send_all(b"nonsense\r\n\r\n")
            await client.answer()
        async with websocket(app.config.port) as socket:
            await socket.send_message(envelope(token("A"), "none").decode())
            await socket.get_message()

        numbers = {name: dict(found) for name, _, found in app.counts}

    assert set(numbers) >= {name for name, metric in METRICS.items() if not metric.rare}
    assert numbers["messages"] == {
        ("vibes.diy.req-ensure-chat-context", 200): 1,
        (APPEND, "bad-request"): 1,
        (OTHER, "unknown-type"): 2,
    }
    assert numbers["answers"] == {
        ("message", 200, "fast"): 1,
        ("message", 400, "fast"): 1,
        ("message", 501, "fast"): 1,
        ("app", 404, "full"): 1,
        ("app", 404, "fast"): 2,
        ("api", 200, "full"): 1,
        ("refused", 400, "fast"): 1,
    }
    assert numbers["connections"]["accepted",] == 2
    assert numbers["connections"]["refused",] == 1
    assert numbers["websockets"] == {(): 1}
    assert sum(numbers["commit_writes"][()].counts) == numbers["commits"][()] > 0
    assert numbers["commit_seconds"][()].total > 0
    assert numbers["cache_lookups"]["releases", "no"] > 0
