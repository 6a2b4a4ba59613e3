"""A browser is called as people call it."""

import pytest

from vibes_trio.content.browser_words import MAX_CHARS, name_browser

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{LINUX[:-1]}; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox 132 on Linux"),
        (f"{LINUX} {CHROME}", "Chrome 131 on Linux"),
        (f"{LINUX} {CHROME.replace('Chrome', 'HeadlessChrome')}", "Chrome 131 on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/131.0.0.0", "Edge 131 on Windows"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 1) {CHROME}", "Chrome 131 on ChromeOS"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} OPR/86.0", "Opera 86 on Android"),
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari 18 on macOS"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/131.0 Mobile Safari/604",
            "Chrome 131 on iPhone",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605 FxiOS/133 Safari/605",
            "Firefox 133 on iPad",
        ),
        ("curl/8.5", "A browser"),
        ("", "A browser"),
    ],
)
def test_which_browser_on_which_system(user_agent, words):
    assert name_browser(user_agent) == words


def test_what_is_too_long_is_read_as_it_begins():
    """Else a browser could have it looked through for seconds, in the storage's own thread."""
    assert name_browser(f"Firefox/{'1' * 30_000}") == f"Firefox {'1' * (MAX_CHARS - len('Firefox/'))}"
    assert name_browser(" " * MAX_CHARS + "Firefox/132") == "A browser"
