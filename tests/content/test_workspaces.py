"""Packages beside an app that it imports by their names: which these are, and what their names stand for."""

import json

from content.reading import ENTRY, MAIN, PAGE, read

from vibes_trio.content.tool_settings import Alias
from vibes_trio.content.workspaces import MAX_MEMBERS, find_members, member_aliases

TOP = '{"workspaces": ["apps/*", "packages/*"]}'
APP = {"/apps/web/index.html": PAGE.format(ENTRY), "/apps/web/src/main.tsx": MAIN}


def members(root: str = "/apps/web", **manifests: object) -> dict[str, str]:
    """Return name → folder, of manifests by their folder, `_` for `/`."""
    given = {
        f"/{name.replace('_', '/')}/package.json": json.dumps(manifest).encode()
        for name, manifest in manifests.items()
    }
    found = find_members(given | {"/package.json": TOP.encode()}, root)
    return {name: member.folder for name, member in found.items()}


def aliases(manifest: dict[str, object]) -> dict[str, tuple[str, ...]]:
    content = json.dumps({"name": "@a/ui"} | manifest).encode()
    found = find_members({"/package.json": TOP.encode(), "/packages/ui/package.json": content}, "/apps/web")
    return {alias.prefix: alias.targets for alias in reversed(list(member_aliases(found)))}


def test_the_app_of_a_workspace_is_the_one_with_the_page():
    """The settings of tools and the `package.json` in its top folder do not say that the app lies there."""
    project = read(
        APP
        | {
            "/package.json": TOP,
            "/eslint.config.js": "x",
            "/apps/web/package.json": '{"name": "web", "dependencies": {"@a/ui": "*", "gone": "2"}}',
            "/apps/api/package.json": '{"name": "api"}',
            "/apps/api/index.ts": "x",
            "/packages/ui/package.json": '{"name": "@a/ui", "main": "./src/index.ts"}',
            "/packages/ui/src/index.ts": "export const a = 1;",
            "/packages/ui/src/a.test.ts": "x",
            "/tools/x.ts": "x",
        }
    )

    assert (project.root, project.entries) == ("/apps/web", ("/apps/web/src/main.tsx",))
    ui = ("/packages/ui/src/index.ts", "/packages/ui/src/index", "/packages/ui/index")
    assert Alias("@a/ui", ui, exact=True) in project.aliases
    assert project.wishes["gone"] == "2"
    assert project.notes[0].endswith(
        "4 files are no part of the page (eslint.config.js, package.json, packages/ui/src/a.test.ts, …)"
    )


def test_dependencies_of_the_top_folder_count_where_the_app_is_silent():
    top = '{"workspaces": [], "dependencies": {"a": "1", "b": "1"}, "devDependencies": {"vite": "7"}}'
    project = read(APP | {"/package.json": top, "/apps/web/package.json": '{"dependencies": {"b": "2"}}'})

    assert (project.wishes, project.kind) == ({"a": "1", "b": "2"}, "vite")


def test_of_several_apps_the_one_is_taken_that_is_called_so():
    docs = {"/apps/docs/index.html": PAGE.format(""), "/package.json": TOP}

    assert read(APP | docs).root == "/apps/web"


def test_of_several_apps_of_other_names_whoever_deploys_is_asked():
    given = {f"/apps/{name}/index.html": PAGE.format("") for name in ("one", "two")}

    told = "apps/one, apps/two are apps of their own: name the page of the one that is meant"
    assert read(given).warnings[0].startswith(told)
    project = read(given, "/apps/two/index.html")
    assert (project.root, project.html) == ("/apps/two", "/apps/two/index.html")
    assert not project.warnings


def test_a_client_beside_a_server_is_the_app_though_one_manifest_stands_above_both():
    project = read(
        {
            "/package.json": "{}",
            "/server.js": "x",
            "/client/index.html": PAGE.format(ENTRY),
            "/client/src/main.tsx": MAIN,
        }
    )

    assert project.entries == ("/client/src/main.tsx",)


def test_a_workspace_may_lie_in_the_one_folder_of_an_archive():
    given = {f"/mono-main{name}": content for name, content in APP.items()}

    assert read(given | {"/mono-main/package.json": TOP}).root == "/mono-main/apps/web"


def test_names_that_the_page_has_itself_and_the_apps_own_are_no_members():
    found = members(apps_web={"name": "web"}, a={"name": "react"}, b={"name": 7}, c={}, d={"name": "d"})

    assert found == {"d": "/d"}


def test_without_a_workspace_only_what_the_app_wants_from_a_folder_is_a_member():
    own = {"dependencies": {"near": "file:../near", "far": "^1"}, "devDependencies": {"also": "link:../also"}}
    given = {"/app/package.json": own} | {
        f"/{name}/package.json": {"name": name} for name in ("near", "far", "also", "other")
    }
    found = find_members({name: json.dumps(told).encode() for name, told in given.items()}, "/app")

    assert set(found) == {"near", "also"}


def test_marks_of_other_tools_say_that_it_is_a_workspace():
    given = {"/a/package.json": b'{"name": "a"}', "/package.json": b"{}", "/pnpm-workspace.yaml": b""}

    assert set(find_members(given, "/apps/web")) == {"a"}


def test_what_cannot_be_read_names_nothing_and_members_have_a_bound():
    broken = {
        f"/{n}/package.json": content for n, content in enumerate((b"[", b"[]", b"\xff", b" " * 70_000))
    }
    many = {f"/p{n}/package.json": b'{"name": "p%d"}' % n for n in range(MAX_MEMBERS * 2)}

    assert not find_members(broken | {"/package.json": TOP.encode()}, "/apps/web")
    assert len(find_members(many | {"/package.json": TOP.encode()}, "/apps/web")) < MAX_MEMBERS + 1


def test_exports_are_read_with_conditions_patterns_and_parts():
    found = aliases(
        {
            "exports": {
                ".": {"types": "./dist/index.d.ts", "import": {"default": "./dist/index.js"}},
                "./button": "./src/button.tsx",
                "./parts/*": ["not", "read"],
                "./icons/*": {"import": "./src/icons/*.tsx"},
                "./style.css": "./src/style.css",
                "./out": "../../secret",
            }
        }
    )

    assert found["@a/ui"] == (
        "/packages/ui/dist/index.js",
        "/packages/ui/dist/index.d.ts",
        "/packages/ui/src/index",
        "/packages/ui/index",
    )
    assert found["@a/ui/button"] == ("/packages/ui/src/button.tsx",)
    assert found["@a/ui/icons/"] == ("/packages/ui/src/icons/",)
    assert found["@a/ui/style.css"] == ("/packages/ui/src/style.css",)
    assert found["@a/ui/"] == ("/packages/ui/", "/packages/ui/src/")
    assert set(found) == {"@a/ui", "@a/ui/", "@a/ui/button", "@a/ui/icons/", "@a/ui/style.css"}


def test_one_target_is_what_the_name_stands_for():
    assert aliases({"exports": "./lib.ts"})["@a/ui"][0] == "/packages/ui/lib.ts"
    deep: object = "./deep.ts"
    for _ in range(20):
        deep = {"default": deep}
    assert aliases({"exports": deep})["@a/ui"] == ("/packages/ui/src/index", "/packages/ui/index")
