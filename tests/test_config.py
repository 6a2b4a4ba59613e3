"""Settings that are more than text."""

import pytest

from vibes_trio.config import Limits, load_config
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
