"""The page of who leads to nothing: locked up, and nothing put into it can leave its place."""

import base64
import hashlib
import re

from vibes_trio.content.notice_page import Notice, render_notice

HOSTILE = "</title><script>alert(1)</script>"


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_it_says_what_it_is_told_with_code_between_backticks():
    page = render_notice(Notice("Gone", ["Write `a < b`.", "Twice."], ("/x", "Open x"))).decode()

    assert "<h1>Gone</h1>\n<p>Write <code>a &lt; b</code>.</p>\n<p>Twice.</p>" in page
    assert '<a rel="noreferrer" href="/x">Open x</a>' in page


def test_nothing_put_into_it_can_leave_its_place():
    page = render_notice(Notice(HOSTILE, [HOSTILE, f"`{HOSTILE}`"], (f'"{HOSTILE}', HOSTILE))).decode()

    assert "<script" not in page
    assert 'href="&quot;' in page


def test_its_policy_lets_its_own_style_in_and_nothing_else():
    notice = Notice("x", [])
    style = re.search("<style>(.*?)</style>", render_notice(notice).decode(), re.DOTALL)[1]

    assert notice.policy == f"default-src 'none'; img-src data:; style-src {source(style)}; sandbox"


def test_one_that_may_lead_back_to_a_release_runs_the_script_that_does():
    notice = Notice("x", [], returns=True)
    script = re.search("<script>(.*?)</script>", render_notice(notice).decode(), re.DOTALL)[1]

    assert notice.policy.startswith("default-src 'none'; ")
    assert notice.policy.endswith(
        f"; script-src {source(script)}; base-uri 'none'; form-action 'none';"
        " sandbox allow-scripts allow-same-origin"
    )
