"""Fonts by name, from the deploy to the style sheet."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from asking import FakeCompiler, deploy, get, js, jsx, text
from fake_registry import REGISTRY, FakeRegistry
from fakes import make_app, open_database
from font_packages import add_fonts
from local_home import open_home, run_jobs

from vibes_trio.config import Limits
from vibes_trio.context import App
from vibes_trio.jobs import FetchFont, Jobs, RetryBuilds
from vibes_trio.modules.font_home import FontHome
from vibes_trio.modules.store.fonts import find_font
from vibes_trio.outbound import Outbound, open_outbound
from vibes_trio.services.fonts import A_DAY, REVALIDATE
from vibes_trio.services.upkeep import retry_builds

ADDRESS = "https://fonts.googleapis.com/css2?family=Alpha+Sans:wght@400;700&display=swap"
OWN = "/~esm/@fonts/css2?family=Alpha+Sans:wght@400;700&display=swap"
APP = jsx(content=f"export default () => <style>{{`@import url({ADDRESS})`}}</style>;\n")


@pytest.fixture
def registry() -> FakeRegistry:
    return add_fonts(FakeRegistry())


@pytest.fixture
async def app(tmp_path: Path, registry: FakeRegistry) -> AsyncIterator[App]:
    """A server with local modules and a registry of fonts."""
    limits = Limits(fetch_tries=1, font_wait_s=0.2)
    db = open_database(tmp_path, limits)
    home = open_home(tmp_path)
    async with open_outbound(REGISTRY, limits, {}, registry.transport) as outbound:

        async def outbound_now() -> Outbound:
            return outbound

        made = make_app(db, limits=limits, compiler=FakeCompiler(), home=home, data_dir=tmp_path)
        fonts = FontHome(outbound_now, home.store, made.config)
        yield replace(made, modules=home.store, fonts=fonts)  # type: ignore[arg-type]
    db.close()


async def fetch_now(app: App) -> None:
    """Run the jobs for fonts that wait."""
    await run_jobs(app, FetchFont)


def taken_fonts(app: App) -> list[tuple[str, str]]:
    """Take all jobs for fonts that wait; return user and family of each."""
    found = []
    while (taken := app.jobs.queues[FetchFont].take_nowait()) is not None:
        app.jobs.queues[FetchFont].done(taken[0])
        found.append((taken[0], taken[1].name))
    return found


async def test_fonts_that_an_app_names_are_fetched_after_the_deploy_and_served(app):
    reply = await deploy(app, APP)
    assert "fonts: being fetched to this server: Alpha Sans" in reply["warnings"]

    await fetch_now(app)
    sheet = await get(app, OWN)

    headers = dict(sheet.headers)
    assert (sheet.status, headers["content-type"], headers["cache-control"]) == (200, "text/css", A_DAY)
    assert sheet.body.count(b"@font-face") == 4
    file = sheet.body.partition(b"url(")[2].partition(b")")[0].decode()
    font = await get(app, file)
    assert (font.status, dict(font.headers)["content-type"]) == (200, "font/woff2")
    assert "immutable" in dict(font.headers)["cache-control"]
    assert sheet.repeatable
    again = await get(app, OWN, if_none_match=headers["etag"])
    assert again.status == 304


async def test_a_deploy_of_known_fonts_has_nothing_to_tell(app, registry):
    await deploy(app, APP)
    await fetch_now(app)
    asked = len(registry.asked)

    reply = await deploy(app, APP, text("/more.css", f"@import '{ADDRESS}';"))

    assert not [warning for warning in reply.get("warnings", ()) if "font" in warning]
    await fetch_now(app)
    assert len(registry.asked) == asked


async def test_style_sheets_and_pages_of_an_app_lead_here(app):
    css = text("/a.css", f"@import url({ADDRESS});\n")
    link = f'<link rel="stylesheet" href="{ADDRESS.replace("&", "&amp;")}">'
    style = f"<style>@import url('{ADDRESS}');</style>"
    preload = f'<link rel="preload" as="style" href="{ADDRESS}" onload="this.rel=`stylesheet`">'
    page = text("/index.html", link + style + preload, mimetype="text/html")
    script = js("/a.js", f'const address = "{ADDRESS}";\n')
    reply = await deploy(app, css, page, text("/about.html", link, mimetype="text/html"), script)

    names = ("/a.css", "/", "/index.html", "/about.html", "/a.js")
    served = {name: (await get(app, name)).body.decode() for name in names}

    assert served["/a.css"] == f"@import url({OWN});\n"
    own = link.replace("https://fonts.googleapis.com/", "/~esm/@fonts/")
    assert served["/about.html"] == own
    for name in ("/", "/index.html"):
        assert own in served[name]
        assert f"@import url('{OWN}');" in served[name]
        assert f'as="style" href="{OWN}"' in served[name]
        assert "/~esm/@vibes/fonts." in served[name]
    assert ADDRESS in served["/a.js"], "a script may show it as a text: its elements are led here in the page"
    assert not [warning for warning in reply.get("warnings", ()) if "fonts.googleapis.com" in warning]


async def test_a_flagged_page_leads_here_by_whatever_address(app):
    link = f'<link rel="stylesheet" href="{ADDRESS.replace("&", "&amp;")}">'
    await deploy(app, text("/start.html", link, mimetype="text/html", entryPoint=True))

    served = [(await get(app, name)).body.decode() for name in ("/", "/deep", "/start.html")]

    assert all("/~esm/@fonts/css2?family=Alpha+Sans" in body for body in served)
    assert not any("fonts.googleapis.com" in body for body in served)


async def test_fonts_of_next_are_found_by_the_names_that_are_imported(app):
    layout = """import { Alpha_Sans, Beta as Text } from "next/font/google";
    import { GeistSans } from "geist/font/sans";
    const font = Alpha_Sans({ subsets: ["latin"] });
    export default () => <p className={font.className}>hi</p>;"""
    await deploy(app, jsx(content=layout))

    assert [name for _, name in taken_fonts(app)] == ["Alpha Sans", "Beta", "Geist", "Geist Mono"]


async def test_what_leads_here_has_a_tag_of_its_own(app):
    await deploy(app, text("/a.css", f"@import url({ADDRESS});\n"), text("/b.css", "p {}"))
    headers = dict((await get(app, "/a.css")).headers)

    assert headers["etag"].strip('"') != headers["x-vibes-asset-id"]
    plain = dict((await get(app, "/b.css")).headers)
    assert plain["etag"].strip('"') == plain["x-vibes-asset-id"]


@pytest.mark.parametrize(
    "changes", [{"modules": None, "home": None}, {"page_hosts": ("fonts.googleapis.com",)}]
)
async def test_who_may_ask_elsewhere_is_left_alone(app, changes):
    hosts = changes.pop("page_hosts", ())
    other = replace(app, config=replace(app.config, page_hosts=hosts), **changes)

    reply = await deploy(other, APP, text("/a.css", f"@import url({ADDRESS});\n"))

    assert not [warning for warning in reply.get("warnings", ()) if "fonts" in warning]
    assert ADDRESS in (await get(other, "/a.css")).body.decode()
    assert b"@vibes/fonts." not in (await get(other, "/")).body


async def test_only_pages_of_apps_that_ask_for_fonts_load_the_script_for_it(app):
    await deploy(app, APP)
    await deploy(app, jsx(), appSlug="plain")

    assert b'<script src="/~esm/@vibes/fonts.' in (await get(app, "/")).body
    assert b"@vibes/fonts." not in (await get(app, "/", host="plain--ada.apps.test")).body


async def test_what_can_not_be_had_is_told_in_the_sheet_and_at_the_next_deploy(app):
    bad = jsx(content='const f = "https://fonts.googleapis.com/css2?family=Nope&family=Beta";\n')
    await deploy(app, bad)
    await fetch_now(app)

    sheet = await get(app, "/~esm/@fonts/css2?family=Nope&family=Beta")
    reply = await deploy(app, bad)

    assert b'vibes-missing-fonts{content:"Nope: the registry has no package @fontsource/nope"}' in sheet.body
    assert b"font-family:'Beta'" in sheet.body
    assert dict(sheet.headers)["cache-control"] == REVALIDATE
    assert not sheet.repeatable
    why = "font 'Nope': could not be had at the last try: the registry has no package @fontsource/nope"
    assert why in reply["warnings"]


async def test_a_visitor_has_nothing_fetched_that_the_app_does_not_name(app, registry):
    await deploy(app, jsx())

    sheet = await get(app, OWN)

    assert b"Alpha Sans: it is not on this server: no file of the app names it" in sheet.body
    await fetch_now(app)
    assert registry.asked == []
    assert find_font(app.modules, "alpha-sans", frozenset()) is None


async def test_who_comes_early_waits_for_fonts_that_are_on_their_way(app):
    app = replace(app, config=replace(app.config, limits=replace(app.config.limits, font_wait_s=30)))
    await deploy(app, APP)
    sheets = []

    async def visit() -> None:
        sheets.append(await get(app, OWN))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        await trio.testing.wait_all_tasks_blocked()
        assert sheets == []
        await fetch_now(app)

    assert sheets[0].body.count(b"@font-face") == 4


async def test_nobody_waits_longer_than_the_bound(app):
    await deploy(app, APP)

    with trio.fail_after(30):
        sheet = await get(app, OWN)

    assert b"vibes-missing-fonts" in sheet.body


async def test_fonts_that_a_release_lacks_are_fetched_when_somebody_looks_or_sweeps(app):
    """The server ended before, or the queue was full."""
    await deploy(app, APP)
    taken_fonts(app)
    again = replace(app, fonts=FontHome(app.fonts._outbound, app.modules, app.config))

    await get(again, OWN)
    assert [name for _, name in taken_fonts(again)] == ["Alpha Sans"]

    third = replace(app, fonts=FontHome(app.fonts._outbound, app.modules, app.config))
    await retry_builds(third, RetryBuilds())
    await fetch_now(third)
    assert find_font(app.modules, "alpha-sans", frozenset()) is not None


async def test_a_full_queue_leaves_nobody_waiting(app):
    full = replace(app, jobs=Jobs(replace(app.config.limits, jobs_waiting=0)))

    reply = await deploy(full, APP)

    assert not [warning for warning in reply.get("warnings", ()) if "being fetched" in warning]
    assert full.fonts.begin([]) == []
    assert (await get(full, OWN)).status == 200


@pytest.mark.parametrize(
    "path", ["/~esm/@fonts/css2?display=swap", "/~esm/@fonts/css2", "/~esm/@fonts/css9?family=A"]
)
async def test_what_asks_for_no_font_is_not_found(app, path):
    assert (await get(app, path)).status == 404


async def test_a_process_that_only_reads_leaves_what_is_missing_to_the_owner(app):
    await deploy(app, APP)
    await fetch_now(app)
    reading = replace(app, fonts=None, home=None)

    assert (await get(reading, OWN)).status == 200
    assert (await get(reading, "/~esm/@fonts/css2?family=Nope")).for_owner


async def test_addresses_are_looked_for_in_text_alone_and_bounded(app):
    many = "\n".join(f'"https://fonts.googleapis.com/css2?family=F{number}"' for number in range(50))
    picture = text("/a.png", f'"{ADDRESS}"', mimetype="image/png")
    await deploy(app, js("/a.js", many + " " * 300_000), picture)

    [(stored,)] = app.db.points.get(lambda tx: tx.execute("SELECT extras FROM Apps WHERE appSlug = 'garden'"))
    extras = json.loads(stored)

    assert list(extras["fonts"]) == [f"F{number}" for number in range(app.config.limits.font_addresses)]


async def test_users_take_turns_at_fonts(app):
    """Else whoever names a hundred families holds up the two of the next."""
    named = "&family=".join(f"F{number}" for number in range(20))
    await deploy(app, js("/a.js", f'"https://fonts.googleapis.com/css2?family={named}"'))
    await deploy(app, jsx("/b.jsx", APP["content"]), user="B", userSlug="bob", appSlug="his")

    turns = taken_fonts(app)

    assert [name for _, name in turns[:3]] == ["F0", "Alpha Sans", "F1"]
    assert len({user for user, _ in turns}) == 2


async def test_while_the_disk_is_nearly_full_no_font_is_fetched(app, registry, monkeypatch):
    await deploy(app, APP)
    monkeypatch.setattr(type(app.db), "is_disk_short", True)

    await fetch_now(app)

    assert registry.asked == []
    assert b"Alpha Sans: the disk of this server is nearly full" in (await get(app, OWN)).body
