"""Lists of what packages export: kept by entry and version, within a bound."""

from dataclasses import replace

from vibes_trio.config import Limits
from vibes_trio.modules.store.exported import (
    FOLDER,
    ExportList,
    find_exports,
    find_lists,
    is_export_list,
    keep_exports,
)

LISTS = [
    ExportList("icons@1.0.0", "", ("Mail",)),
    ExportList("icons@0.5.0", "", ("Github", "Mail")),
    ExportList("icons@0.5.0", "dynamic", ("Icon",)),
    ExportList("icons-more@0.5.0", "", ("X",)),
    ExportList("@s/icons@1.0.0", "a/b.js", ("default",)),
]


def test_a_list_is_found_by_its_entry_and_version(tmp_path):
    keep_exports(tmp_path, LISTS, Limits())

    assert find_exports(tmp_path, "icons@0.5.0", "") == {"Github", "Mail"}
    assert find_exports(tmp_path, "icons@0.5.0", "dynamic") == {"Icon"}
    assert find_exports(tmp_path, "@s/icons@1.0.0", "a/b.js") == {"default"}
    assert find_exports(tmp_path, "icons@2.0.0", "") is None


def test_lists_of_all_versions_are_found_of_that_package_and_entry_alone(tmp_path):
    keep_exports(tmp_path, LISTS, Limits())

    assert {one.key for one in find_lists(tmp_path, "icons", "")} == {"icons@1.0.0", "icons@0.5.0"}
    assert [one.subpath for one in find_lists(tmp_path, "@s/icons", "a/b.js")] == ["a/b.js"]
    assert find_lists(tmp_path / "gone", "icons", "") == []


def test_the_oldest_make_room(tmp_path):
    keep_exports(tmp_path, LISTS, replace(Limits(), kept_exports=2))

    assert len(list((tmp_path / FOLDER).glob("*.json"))) == 2


def test_what_is_damaged_or_of_another_is_not_there(tmp_path):
    keep_exports(tmp_path, LISTS[:1], Limits())
    [path] = (tmp_path / FOLDER).glob("*.json")
    name, content = path.name, path.read_bytes()

    assert is_export_list(name, content)
    assert not is_export_list("other.json", content)
    assert not is_export_list(name, b"{")
    path.write_bytes(b"{")
    assert find_exports(tmp_path, "icons@1.0.0", "") is None
    assert find_lists(tmp_path, "icons", "") == []
