"""The store of built modules."""

import os
from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.store.addresses import Built
from vibes_trio.modules.store.local import JAVASCRIPT, LocalModules, open_store

REACT, DOM, CLIENT = "/~esm/react@19.2.1", "/~esm/react-dom@19.2.1", "/~esm/react-dom@19.2.1/client"


def built(address: str, code: bytes = b"", imports: tuple[str, ...] = ()) -> Built:
    return Built(address, "key", code or address.encode(), imports)


@pytest.fixture
def store(tmp_path: Path) -> LocalModules:
    store = open_store(tmp_path, Limits())
    for address in (REACT, "/~esm/react@19.2.1/jsx-runtime", DOM, CLIENT, "/~esm/@own/pkg@1.0.0"):
        store.put(built(address), "recipe")
    return store


def test_empty_folder_is_an_empty_store(tmp_path):
    store = open_store(tmp_path, Limits())

    assert store.find(REACT) is None
    assert store.local_addresses({"react": "https://esm.sh/react@19.2.1"}) == {}
    assert os.listdir(tmp_path) == []


def test_stored_module_is_found_now_and_after_opening_again(tmp_path):
    store = open_store(tmp_path, Limits())
    record = store.put(built(CLIENT, b"code", (REACT,)), "recipe")

    for opened in (store, open_store(tmp_path, Limits())):
        found = opened.find(CLIENT)

        assert found is not None
        assert (found.content, found.cid, found.content_type) == (b"code", calc_cid(b"code"), JAVASCRIPT)
        assert opened.record(CLIENT) == record
        assert record.imports == (REACT,)


@pytest.mark.parametrize(
    "path", ["/~esm/@own/pkg@1.0.0", "/~esm/%40own/pkg%401.0.0", "/~esm/@own%2Fpkg@1.0.0"]
)
def test_path_may_be_encoded(store, path):
    assert store.find(path).content == b"/~esm/@own/pkg@1.0.0"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/~esm/",
        "/~esm/react",
        "/~esm/react@19.2.1/",
        "/~esm/../index/x",
        "/~esm/react@19.2.1/../..",
        "react",
    ],
)
def test_other_paths_hold_nothing(store, path):
    assert store.find(path) is None


def test_later_build_of_an_address_replaces_the_earlier(tmp_path):
    store = open_store(tmp_path, Limits())
    store.put(built(REACT, b"old"), "1")
    store.put(built(REACT, b"new"), "2")

    assert store.find(REACT).content == b"new"
    assert open_store(tmp_path, Limits()).record(REACT).recipe == "2"


def test_bytes_that_are_not_what_the_index_says_count_as_missing(tmp_path):
    record = open_store(tmp_path, Limits()).put(built(REACT, b"code"), "recipe")
    (tmp_path / "modules" / "built" / record.cid).write_bytes(b"evil")

    assert open_store(tmp_path, Limits()).find(REACT) is None


def test_bytes_that_are_gone_count_as_missing(tmp_path):
    store = open_store(tmp_path, Limits())
    record = store.put(built(REACT, b"code"), "recipe")
    (tmp_path / "modules" / "built" / record.cid).unlink()

    assert store.find(REACT) is None
    assert open_store(tmp_path, Limits()).record(REACT) is None


def test_damaged_or_misnamed_records_are_passed_over(tmp_path, store):
    index = tmp_path / "modules" / "index"
    (index / "broken.json").write_text("{")
    (index / "other.json").write_bytes((index / "react@19.2.1.json").read_bytes())

    opened = open_store(tmp_path, Limits())

    assert opened.find(REACT) is not None
    assert opened.record("/~esm/other") is None


def test_bytes_in_memory_are_bounded_and_everything_is_still_found(tmp_path):
    store = open_store(tmp_path, Limits(module_cache_bytes=250))
    addresses = [f"/~esm/p{n}@1.0.0" for n in range(5)]
    for number, address in enumerate(addresses):
        store.put(built(address, bytes([number]) * 100), "recipe")

    for _ in range(2):
        for number, address in enumerate(addresses):
            assert store.find(address).content == bytes([number]) * 100
            assert store.find(addresses[0]).content == bytes(100)

    assert store._contents.weight <= 250


def test_module_that_the_disk_refuses_is_not_in_the_index(tmp_path):
    (tmp_path / "modules").touch()
    store = LocalModules(tmp_path / "modules", [], Limits())

    with pytest.raises(ModuleFailed):
        store.put(built(REACT), "recipe")

    assert store.record(REACT) is None


@pytest.mark.parametrize(
    ("cdn", "local"),
    [
        ("https://esm.sh/react@19.2.1", REACT),
        ("https://esm.sh/react", REACT),
        ("https://esm.sh/react@v19.2.1", REACT),
        ("https://esm.sh/react?target=es2022", REACT),
        ("https://esm.sh/react@19.2.1?deps=a@1", REACT),
        ("https://esm.sh/react-dom@19.2.1/client", CLIENT),
        ("https://esm.sh/react-dom/client?dev", CLIENT),
        ("https://esm.sh/@own/pkg", "/~esm/@own/pkg@1.0.0"),
        ("https://esm.sh/@own/pkg@1.0.0", "/~esm/@own/pkg@1.0.0"),
        ("https://esm.sh/react@18.3.1", None),
        ("https://esm.sh/react-dom@19.2.1/server", None),
        ("https://esm.sh/react-dom/server", None),
        ("https://esm.sh/reac", None),
        ("https://esm.sh/@own/pkg/x", None),
        ("https://esm.sh/", None),
        ("https://elsewhere.test/react@19.2.1", None),
        ("/dist/react.js", None),
        ("./react", None),
    ],
)
def test_entry_of_a_map_is_local_when_its_very_module_is_here(store, cdn, local):
    found = store.local_addresses({"key": cdn})

    assert found.get("key") == local


def test_map_that_is_wholly_local_needs_no_redirects(store):
    imports = {"react": "https://esm.sh/react@19.2.1", "./x": "./y"}

    assert store.local_addresses(imports) == {"react": REACT}


def test_packages_that_stay_at_the_cdn_get_the_one_react_of_here(store):
    imports = {
        "react": "https://esm.sh/react@19.2.1",
        "/react@>=18?target=es2022": "https://esm.sh/react@19.2.1",
        "react-markdown": "https://esm.sh/react-markdown",
    }

    local = store.local_addresses(imports)

    assert "react-markdown" not in local
    assert local["https://esm.sh/react@>=18?target=es2022"] == REACT
    assert local["https://esm.sh/react@19.2.1"] == REACT
    assert local["https://esm.sh/react@19.2.1/es2022/react.mjs"] == REACT
    assert local["https://esm.sh/react-dom@19.2.1/es2022/client.mjs"] == CLIENT
    assert local["https://esm.sh/@own/pkg@1.0.0/es2022/pkg.mjs"] == "/~esm/@own/pkg@1.0.0"
