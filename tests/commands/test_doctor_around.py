"""What `doctor` says of clock, names, limits of the system, and of a proxy."""

import resource
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vibes_trio.commands import doctor_around
from vibes_trio.commands.doctor_around import (
    look_at_clock,
    look_at_limits,
    look_at_names,
    look_at_port,
    look_through_proxy,
)
from vibes_trio.config import Config

OWN = "http://127.0.0.1:8787"


def told(findings):
    return {finding.what: (finding.level, finding.text) for finding in findings}


@pytest.fixture
def names(monkeypatch):
    """Where names lead to: to be filled."""
    known = {}

    def look_up(host, port, *args, **kwargs):
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in known[host]]

    monkeypatch.setattr(doctor_around.socket, "getaddrinfo", look_up)
    return known


def config(tmp_path, **settings):
    return Config(tmp_path, **settings)


@pytest.mark.parametrize(("now", "level"), [(0.0, "problem"), (1.8e9, "ok")])
def test_a_clock_that_stands_in_the_past_is_a_problem(monkeypatch, now, level):
    monkeypatch.setattr(doctor_around.time, "time", lambda: now)

    assert told(look_at_clock())["clock"][0] == level


@pytest.mark.parametrize(("limit", "level"), [(256, "note"), (65536, "ok")])
def test_few_open_files_are_noted_with_how_to_raise_them(tmp_path, monkeypatch, limit, level):
    monkeypatch.setattr(doctor_around.resource, "getrlimit", lambda which: (limit, resource.RLIM_INFINITY))

    found = told(look_at_limits(config(tmp_path)))["open files"]

    assert found[0] == level
    assert ("ulimit -n" in found[1]) is (level == "note")


def test_names_under_localhost_are_for_this_machine(tmp_path):
    here = told(look_at_names(config(tmp_path)))
    open_to_all = told(look_at_names(config(tmp_path, host="0.0.0.0")))

    assert here["names"][0] == "ok"
    assert "Safari before macOS 26" in here["names"][1]
    assert list(here) == ["names"]
    assert "VIBES_SVC_HOSTNAME_BASE" in open_to_all["names elsewhere"][1]


@pytest.mark.parametrize(
    ("known", "level", "text"),
    [
        ({}, "problem", "apps.example.org leads nowhere"),
        ({"apps.example.org": ["192.0.2.1"]}, "problem", "make a DNS record for *.apps.example.org"),
        (
            {
                "apps.example.org": ["192.0.2.1"],
                "doctor-probe--doctor-probe.apps.example.org": ["192.0.2.2"],
            },
            "note",
            "lead to different addresses: 192.0.2.1 and 192.0.2.2",
        ),
        (
            {
                "apps.example.org": ["192.0.2.1"],
                "doctor-probe--doctor-probe.apps.example.org": ["192.0.2.1"],
            },
            "ok",
            "lead to 192.0.2.1",
        ),
    ],
)
def test_the_wildcard_is_looked_up(tmp_path, names, known, level, text):
    names.update(known)

    found = told(look_at_names(config(tmp_path, hostname_base="apps.example.org:443")))

    assert found["names"][0] == level
    assert text in found["names"][1]
    assert "secure context" not in found


def test_plain_http_on_a_name_of_its_own_is_no_secure_context(tmp_path, names):
    found = told(look_at_names(config(tmp_path, hostname_base="apps.example.org", protocol="http")))

    assert found["secure context"][0] == "note"
    assert "VIBES_SVC_PROTOCOL=https" in found["secure context"][1]


def test_a_port_that_is_taken_is_noted_unless_our_own_server_has_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = told(look_at_port(config(tmp_path, port=port), ""))
        ours = told(look_at_port(config(tmp_path, port=port), OWN))

    assert other["port"][0] == "note"
    assert "VIBES_PORT" in other["port"][1]
    assert ours == {}
    assert told(look_at_port(config(tmp_path, port=port), ""))["port"][0] == "ok"
    assert told(look_at_port(config(tmp_path, port=0), "")) == {}
    assert told(look_at_port(config(tmp_path, host="::1", port=port), ""))["port"][0] in ("ok", "note")


class Proxy(BaseHTTPRequestHandler):
    """A proxy as it may be: what it answers is set on the class by a test."""

    ready, upgraded, date = 200, 101, None

    def do_GET(self):
        self.send_response_only(self.upgraded if self.path == "/v1/ws" else self.ready)
        self.send_header("Date", self.date or self.date_time_string())
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def proxy():
    class Handler(Proxy):
        pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Handler, f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answers", "what", "level", "text"),
    [
        ({}, "WebSockets", "ok", "passes them on"),
        ({"ready": 404}, "public address", "problem", "has to pass `Host` on"),
        ({"upgraded": 400}, "WebSockets", "problem", "has to pass `Upgrade` and `Connection` on"),
        ({"date": "Thu, 01 Jan 2026 00:00:00 GMT"}, "clock elsewhere", "problem", "set both by NTP"),
        ({"date": "soon"}, "public address", "ok", "is ready"),
    ],
)
def test_the_server_is_asked_as_its_visitors_ask_it(tmp_path, proxy, answers, what, level, text):
    handler, base = proxy
    for name, value in answers.items():
        setattr(handler, name, value)

    found = told(look_through_proxy(config(tmp_path, hostname_base=base, protocol="http"), OWN))

    assert found[what][0] == level
    assert text in found[what][1]


def test_an_address_that_nobody_answers_at_is_noted(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base = f"127.0.0.1:{taken.getsockname()[1]}"

    found = told(look_through_proxy(config(tmp_path, hostname_base=base, protocol="http"), OWN))

    assert found["public address"][0] == "note"


@pytest.mark.parametrize(("base", "own"), [("", OWN), ("localhost:8787", OWN), ("apps.example.org", "")])
def test_without_a_proxy_or_a_server_nobody_is_asked(tmp_path, base, own):
    assert told(look_through_proxy(config(tmp_path, hostname_base=base), own)) == {}
