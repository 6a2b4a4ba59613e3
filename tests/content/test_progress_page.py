"""The page that waits for packages: whole in itself, with facts that can't leave their script element."""

import json
import re

from vibes_trio.content.progress_page import render_progress_page
from vibes_trio.content.static_modules import static_module

FACTS = re.compile(r'<script type="application/json" id="vibes-progress">(.*?)</script>')
HOSTILE = "</script><script>alert(1)</script>\u2028<!--"


def render(why: str = "") -> str:
    facts = {"stage": "building", "packages": [{"name": "d3", "state": "failed", "why": why}]}
    return render_progress_page("garden", "/~z1~/~~packages~~/progress", facts).decode()


def test_it_names_the_app_and_hands_its_script_the_facts():
    page = render("it is broken")

    assert "<h1>garden</h1>" in page
    assert json.loads(FACTS.search(page)[1]) == {
        "address": "/~z1~/~~packages~~/progress",
        "stage": "building",
        "packages": [{"name": "d3", "state": "failed", "why": "it is broken"}],
    }


def test_it_asks_for_nothing_but_one_script_of_ours():
    page = render()

    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["data:,", static_module("progress.js").address]
    assert "url(" not in page
    assert "@import" not in page


def test_facts_stay_in_their_element_whatever_they_say():
    page = render(HOSTILE)

    assert page.count("</script>") == 2
    assert page.isascii() or "\u2028" not in page
    assert json.loads(FACTS.search(page)[1])["packages"][0]["why"] == HOSTILE
