"""Every recorded exchange of the reference, over each way to send it: the recorded answer, or the one that
`differences.json` names for it."""

import json
import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from answering import answer
from recorded import (
    differences,
    directly,
    listening,
    load,
    open_recorded_app,
    play,
    scenarios,
    send_as_message,
    send_directly,
    send_over_socket,
    token,
)

from vibes_trio.cache import AssetCache, NameCache
from vibes_trio.exchange import MessageIncoming
from vibes_trio.handlers import PIPELINE

SCENARIOS = [pytest.param(scenario, id=f"{name}-{scenario['scenario']}") for name, scenario in scenarios()]
ESBUILD = os.environ.get("VIBES_ESBUILD", "")


@pytest.fixture(params=["esprima", "esbuild"])
def engine(request, monkeypatch):
    """Settings that choose the compiler."""
    monkeypatch.setenv("PATH", "/nonexistent")
    if request.param == "esprima":
        return {}
    if not ESBUILD:
        pytest.skip("no esbuild: VIBES_ESBUILD is not set (scripts/test sets it when it can be had)")
    return {"VIBES_ESBUILD": ESBUILD}


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_exchanges_over_http(scenario, engine, tmp_path):
    faults = []

    async with open_recorded_app(scenario, tmp_path, **engine) as app:
        async for vector, got, current in play(scenario, app, directly(app)):
            faults += current.check(vector, got)

    assert faults == []


@pytest.mark.parametrize("lane", ["fast", "full"])
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_exchanges_through_each_lane(scenario, lane, tmp_path):
    faults = []

    async with (
        open_recorded_app(scenario, tmp_path) as app,
        listening(app, fast=lane == "fast") as port,
    ):
        async for vector, got, current in play(scenario, app, partial(send_over_socket, port)):
            faults += current.check(vector, got, from_socket=True)

    assert faults == []


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_messages_over_a_websocket_give_the_same_payloads(scenario, tmp_path):
    """Requests that are no message (GETs, other hosts, other methods) are sent over HTTP in between."""
    faults = []

    async with open_recorded_app(scenario, tmp_path) as app:

        async def send(method, host, target, headers, body):
            is_message = method in ("POST", "PUT") and "--" not in host
            how = send_as_message if is_message else send_directly
            return await how(app, method, host, target, headers, body)

        async for vector, got, current in play(scenario, app, send):
            faults += current.check(vector, got)

    assert faults == []


WEBSOCKET = [v for _, s in scenarios() for v in s["vectors"] if v.get("transport") == "websocket"]


@pytest.mark.parametrize("vector", WEBSOCKET, ids=lambda vector: vector["name"])
async def test_a_websocket_message_is_answered_which_the_reference_never_does(vector, tmp_path):
    text = vector["message"].replace("$TOKEN_A", token("A"))
    scenario = {"server_env": {}, "vectors": []}

    async with open_recorded_app(scenario, tmp_path) as app:
        reply = await answer(app, PIPELINE, MessageIncoming(text.encode()))

    assert json.loads(reply.body) == differences()[vector["name"]]["response"]["body"]


async def test_answers_are_the_same_with_the_caches_off(tmp_path):
    scenario = next(s for _, s in scenarios() if s["cache"] == "memory")
    on, off = [], []

    async with open_recorded_app(scenario, tmp_path / "on") as app:
        async for _, got, _ in play(scenario, app, directly(app)):
            on.append(without_time(got))
    async with open_recorded_app(scenario, tmp_path / "off") as app:
        app = replace(app, assets=AssetCache(0), releases=NameCache(0))
        async for _, got, _ in play(scenario, app, directly(app)):
            off.append(without_time(got))

    assert on == off


def without_time(got):
    return got.status, {k: v for k, v in got.headers.items() if k != "server-timing"}, got.body


async def test_a_base_that_the_operator_adds_is_served_as_by_the_reference(tmp_path):
    scenario = next(s for _, s in scenarios() if s["scenario"] == "serve-basic")
    answers = {}

    async with open_recorded_app(scenario, tmp_path, VIBES_EXTRA_HOSTS="example.org") as app:
        async for vector, got, _ in play(scenario, app, directly(app)):
            answers[vector["name"]] = (vector["response"], got)

    recorded, got = answers["sb-host-other-base"]
    assert (got.status, got.body.decode()) == (recorded["status"], recorded["body_text"])


def test_each_difference_names_a_vector_and_a_row():
    names = {v["name"] for _, s in scenarios() for v in s["vectors"]}
    rows = {row["id"] for row in load("differences")["rows"]}

    assert set(differences()) <= names
    parts = ("exchanges", "transforms", "corpus", "import_maps", "tokens")
    assert {entry["row"] for part in parts for entry in load("differences")[part]} <= rows


def test_no_difference_is_stale():
    """An entry whose answer is the recorded one would be no difference."""
    recorded = {v["name"]: v for _, s in scenarios() for v in s["vectors"] if "response" in v}
    for name, entry in differences().items():
        if name not in recorded:
            continue  # a WebSocket's: never answered there
        response = recorded[name]["response"]
        same = all(entry["response"].get(member) == value for member, value in response.items())
        assert not (same and entry.get("db_after") == recorded[name].get("db_after")), name


def test_the_folder_of_the_vectors_holds_no_machine_paths():
    folder = Path(__file__).parent / "conformance"

    for path in folder.glob("*.json"):
        assert not re.search(r"/(?:work|root|home)/", path.read_text("utf-8")), path.name
