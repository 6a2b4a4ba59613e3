"""Settings that are more than text."""

import pytest

from vibes_trio.config import SETTINGS, SPLIT, Limits, load_config, shared_out
from vibes_trio.errors import ConfigError

DATA = {"VIBES_DATA_DIR": "/nonexistent"}


def page_hosts(text: str) -> tuple[str, ...]:
    return load_config(DATA | {"VIBES_PAGE_HOSTS": text}).page_hosts


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("esm.sh", ("esm.sh",)),
        (" https://API.example.org/ , *.example.org,, ", ("https://api.example.org", "*.example.org")),
        ("localhost:11434, http://127.0.0.1:*", ("localhost:11434", "http://127.0.0.1:*")),
        ("wss://a-b.example, ws://x", ("wss://a-b.example", "ws://x")),
        ("*", ("*",)),
        (" , ", ()),
    ],
)
def test_hosts_that_pages_may_ask_are_read(text, hosts):
    assert page_hosts(text) == hosts


@pytest.mark.parametrize(
    "text",
    [
        *(
            "https://",
            "https://a.b/path",
            "a b",
            "a;script-src *",
            "'self'",
            "data:",
            "ftp://a.b",
            "a.*",
            "**",
        ),
        *("a..b", "-a.b", "a:", "a:b", "a:123456", "[::1]", "ü.example", "a\r\nx: y", "a\nb", "*.", "a_b"),
    ],
)
def test_what_could_be_more_than_a_host_is_refused(text):
    with pytest.raises(ConfigError, match=r"VIBES_PAGE_HOSTS: hosts are wanted, such as api\.example\.org"):
        page_hosts(f"esm.sh, {text}, esm.sh")


def test_the_number_of_hosts_is_bounded():
    most = Limits().page_hosts

    assert len(page_hosts(",".join(f"h{n}.example" for n in range(most)))) == most
    with pytest.raises(ConfigError, match=f"VIBES_PAGE_HOSTS: at most {most} hosts"):
        page_hosts(",".join(f"h{n}.example" for n in range(most + 1)))


@pytest.mark.parametrize(
    "setting", [s for s in SETTINGS if s.parse == "int"], ids=lambda setting: setting.name
)
def test_every_number_has_a_range_that_is_told(setting):
    """Without a range `VIBES_PORT=70000` is an OverflowError of the socket."""
    wrong = [str(setting.least - 1), str(setting.most + 1), "", "x", "1.5", "1e3", "٣", "9" * 5000]

    for text in (str(setting.least), f" {setting.most} "):
        assert getattr(load_config(DATA | {setting.name: text}), setting.field) == int(text)
    for text in wrong[0:2] + wrong[3:]:
        with pytest.raises(ConfigError) as refused:
            load_config(DATA | {setting.name: text})
        assert str(refused.value).startswith(
            f"{setting.name}: a whole number from {setting.least} to {setting.most} is wanted; got '{text[:40]}'"
        )


def test_each_default_may_be_written_down():
    numbers = [setting for setting in SETTINGS if setting.parse == "int"]
    given = {setting.name: str(getattr(load_config(DATA), setting.field)) for setting in numbers}

    assert load_config(DATA | given) == load_config(DATA)


def test_ports_and_processes_have_their_own_ranges():
    ranges = {setting.name: (setting.least, setting.most) for setting in SETTINGS if setting.parse == "int"}

    assert ranges["VIBES_PORT"] == (0, 65535)
    assert ranges["VIBES_WORKERS"] == (1, Limits().max_workers)


@pytest.mark.parametrize(
    "base", ["apps.example.org", "localhost:8787", "Apps.Example.Org.", "[::1]:80", "my_box"]
)
def test_a_host_is_taken_as_the_base(base):
    assert load_config(DATA | {"VIBES_SVC_HOSTNAME_BASE": base}).hostname_base == base


@pytest.mark.parametrize(
    "base", ["https://apps.example.org", "a b", "apps.example.org/x", "*.a.b", "a..b", "ü.example"]
)
def test_what_is_no_host_is_refused_as_the_base(base):
    with pytest.raises(ConfigError, match=r"VIBES_SVC_HOSTNAME_BASE: a host is wanted, with or without port"):
        load_config(DATA | {"VIBES_SVC_HOSTNAME_BASE": base})


def test_further_hosts_of_apps_are_read():
    text = " Apps.Example.org:8787, *.example.com,, todo--ada.example.net, * "

    hosts = load_config(DATA | {"VIBES_EXTRA_HOSTS": text}).extra_hosts

    assert hosts == ("apps.example.org:8787", "*.example.com", "todo--ada.example.net", "*")


@pytest.mark.parametrize("text", ["https://a.b", "a b", "a.*", "a/b", "**"])
def test_what_is_no_further_host_is_refused(text):
    with pytest.raises(ConfigError, match=r"VIBES_EXTRA_HOSTS: hosts are wanted, such as apps\.example\.org"):
        load_config(DATA | {"VIBES_EXTRA_HOSTS": text})


def test_origins_are_read_as_browsers_name_them():
    text = "https://Chat.example.org:443/, http://localhost:3000, http://a.b:80, chrome-extension://abc, http://[::1]:5"

    origins = load_config(DATA | {"VIBES_API_ORIGINS": text}).api_origins

    assert origins == (
        *("https://chat.example.org", "http://localhost:3000", "http://a.b"),
        *("chrome-extension://abc", "http://[::1]:5"),
    )
    assert load_config(DATA).api_origins == ("*",)


@pytest.mark.parametrize("text", ["chat.example.org", "https://", "https://a.b/x", "null", "https://*.a.b"])
def test_what_is_no_origin_is_refused(text):
    with pytest.raises(ConfigError, match=r"VIBES_API_ORIGINS: origins are wanted, such as https://chat"):
        load_config(DATA | {"VIBES_API_ORIGINS": text})


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_what_processes_hold_adds_up_to_what_one_may(processes):
    """With the whole budget for each, four processes would hold four times as much."""
    limits = Limits()
    owner, reader = shared_out(limits, processes)

    for name in (*SPLIT, "held_bytes"):
        assert getattr(owner, name) + (processes - 1) * getattr(reader, name) <= getattr(limits, name)
    assert owner.held_bytes >= 2 * limits.max_body_bytes
    assert reader.held_bytes >= limits.max_file_bytes


def test_however_many_processes_there_are_each_can_send_the_largest_file():
    limits = Limits()

    assert shared_out(limits, limits.max_workers)[1].held_bytes > limits.max_file_bytes
