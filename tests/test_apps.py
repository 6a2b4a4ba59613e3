"""Sixty apps as a model would write them (`tests/apps`): deployed, rendered and used in Chromium.

The native compiler makes all of them, the other one those that say most about it: a third, as what both make of the
same source is compared elsewhere (`compilers/test_corpus.py`). In parts, so that all cores have work to the end.

Pictures of all are kept in `.build/pictures/apps-{compiler}-{part}`, with `all.png` to see them at one glance.
"""

import shutil

import pytest
from app_runs import PICTURES, ROOM, compile_with, run_apps
from app_set import all_apps
from serving import running

PLAIN = [app for app in all_apps() if not app.packages]
JAVASCRIPT = [app for app in PLAIN if not app.is_typescript]
PARTS = [("esbuild", part, PLAIN[part::3]) for part in range(3)] + [("esprima", 0, JAVASCRIPT[::3])]


def test_there_are_sixty_apps_and_more():
    assert len(all_apps()) >= 60


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("engine", "part", "apps"), PARTS, ids=[f"{e}-{p}" for e, p, _ in PARTS])
async def test_apps_without_packages_render_and_work(engine, part, apps, page_store, tmp_path, monkeypatch):
    shutil.copytree(page_store, tmp_path / "data")
    settings = compile_with(engine, monkeypatch) | ROOM | {"VIBES_MODULES": "local"}

    async with running(tmp_path / "data", **settings) as server:
        assert engine in server.compiler.version
        wrong = await run_apps(server, apps, tmp_path, PICTURES / f"apps-{engine}-{part}")

    assert not wrong, f"\n{wrong}"
