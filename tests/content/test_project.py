import pytest
from content.reading import COMPONENT, MAIN, PAGE, read

from vibes_trio.content.filenames import lang_of
from vibes_trio.content.project import Project, Spare, exports_of, fallback_entries, not_mapped
from vibes_trio.content.project_words import tell_entries


@pytest.mark.parametrize(
    ("roots", "entries"),
    [
        (("/Garden.jsx", "/GardenOld.jsx"), ("/Garden.jsx",)),
        (("/GardenOld.jsx",), ("/GardenOld.jsx",)),
        (("/Garden.jsx", "/price.js"), ("/Garden.jsx",)),
        (("/A.jsx", "/B.jsx"), ("/A.jsx", "/B.jsx")),
        (("/Garden.jsx", "/server.js"), ("/Garden.jsx",)),
        (("/Garden.jsx", "/x.test.jsx"), ("/Garden.jsx",)),
        (("/price.js",), ("/price.js",)),
    ],
)
def test_of_modules_that_nobody_imports_components_are_mounted(roots, entries):
    langs = {name: lang_of(name) for name in roots}

    assert fallback_entries(Project("component", apart=("/x.test.jsx",)), roots, langs) == entries


@pytest.mark.parametrize(
    ("text", "spare"),
    [
        ("export function Garden() { return <p/> }", Spare("Garden", "Garden")),
        ("export const Bed = 1;\nexport const Garden = () => <p/>", Spare("Garden", "Garden")),
        ("const Garden = () => <p/>;", Spare("default", "Garden")),
        ("export const useBed = 1;\nexport function Other() { return <p/> }", Spare("Other", "Other")),
    ],
)
def test_where_no_file_is_the_entry_by_its_name_a_clear_component_is_shown_too(text, spare):
    project = read({"/Garden.jsx": text, "/utils/price.js": "export default (n) => n"})

    assert project.spares == {"/Garden.jsx": spare}
    assert exports_of(project, ["/Garden.jsx"]) == {"/Garden.jsx": spare.export}
    assert tell_entries(project, ["/Garden.jsx"]) == (
        f"/Garden.jsx: has no default export; {spare.component} is shown. "
        f"Write `export default {spare.component}`.",
    )
    assert project.warnings == ()  # nobody knows yet that it is an entry


@pytest.mark.parametrize("other", [COMPONENT, MAIN])
def test_beside_a_component_nothing_else_is_looked_for(other):
    project = read({"/Garden.jsx": "export function Garden() { return <p/> }", "/Other.jsx": other})

    assert project.spares == {}
    assert exports_of(project, ["/Other.jsx"]) == {"/Other.jsx": "default"}


def test_what_the_apps_own_import_map_sends_to_its_files_or_to_a_package_s_host_is_not_looked_up():
    imports = '{"imports": {"util": "./util.js", "lib/": "./lib/", "d3": "https://esm.sh/d3", "x": "https://x.test/"}}'
    project = read({"/index.html": PAGE.format(f'<script type="importmap">{imports}</script>')})

    assert not_mapped(project, ["util", "lib/a.js", "d3", "x", "react"]) == ("x", "react")
