"""A browser's `User-Agent` in the words that people use: which browser, on which system.

For lists of sessions; nothing is decided by it.
"""

import re

_BROWSERS = (
    (re.compile(r"\bEdgA?/(\d+)"), "Edge"),
    (re.compile(r"\bOPR/(\d+)"), "Opera"),
    (re.compile(r"\bFirefox/(\d+)|\bFxiOS/(\d+)"), "Firefox"),
    (re.compile(r"\bHeadlessChrome/(\d+)|\bChrom(?:e|ium)/(\d+)|\bCriOS/(\d+)"), "Chrome"),
    (re.compile(r"\bVersion/(\d+)[.\d]* .*Safari/"), "Safari"),
)
MAX_CHARS = 512
"""What stands behind is not looked at: to find that it is no name takes the square of the length."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name_browser(user_agent: str) -> str:
    """Return what to call a browser, for example `Firefox 132 on Linux`."""
    user_agent = user_agent[:MAX_CHARS]
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{_name(user_agent)} on {system}" if system else _name(user_agent)


def _name(user_agent: str) -> str:
    for pattern, name in _BROWSERS:
        match = pattern.search(user_agent)
        if match is not None:
            return f"{name} {next(filter(None, match.groups()))}"
    return "A browser"
