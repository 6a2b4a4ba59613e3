"""Scripts and styles are kept by browsers for ever, at addresses that change with them."""

import pytest
from page_client import page_client
from serving import running

from vibes_trio.pages.static_files import ROOM, TYPES, static_files, static_path, static_stamp


async def test_each_file_is_served_as_what_it_is_to_be_kept(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client:
        for name, content in static_files().items():
            answered = await client.get(static_path(name), {"accept": "*/*"})
            assert (answered.status, answered.text.encode()) == (200, content)
            assert answered.headers["content-type"] == TYPES[name.rpartition(".")[2]]
            assert "immutable" in answered.headers["cache-control"]
            assert answered.headers["x-content-type-options"] == "nosniff"
            assert "access-control-allow-origin" not in answered.headers
        for path in (
            f"{ROOM}/0123/style.css",
            f"{ROOM}/{static_stamp()}/none.js",
            f"{ROOM}/{static_stamp()}/",
        ):
            assert (await client.get(path, {"accept": "*/*"})).status in (404, 503)


def test_a_name_that_is_none_is_a_mistake():
    with pytest.raises(KeyError):
        static_path("none.js")


def test_what_scripts_import_is_there():
    for name, content in static_files().items():
        for line in content.decode().splitlines():
            if line.startswith("import ") and " from " in line:
                imported = line.rpartition(" from ")[2].strip("\";'")
                assert imported.removeprefix("./") in static_files(), (name, line)
