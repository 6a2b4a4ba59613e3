"""Ways in which apps come to a server, as people report them of servers and tools of this kind, and the tests that hold
what has to become of each.

Of most it is a folder that is deployed and used in a browser (`projects/NAME`, `bundled/NAME`, `packaged/NAME`,
`failures/NAME`, `hosted/NAME`), of others a test by its name (`file.py::test_name`). Some went wrong when they were
reported, the others worked and have to go on working. The README counts them, by kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """One way.

    Attributes:
        about: what comes.
        wrong: whether it went wrong when it was reported.
        tests: what holds it, from `tests/`.
    """

    about: str
    wrong: bool
    tests: tuple[str, ...]


def wrong(about: str, *tests: str) -> Way:
    return Way(about, True, tests)


def right(about: str, *tests: str) -> Way:
    return Way(about, False, tests)


ROUTERS = "test_routing_in_browser.py::test_routers_find_the_apps_addresses_in_every_release"
POLICY = "content/test_policy_in_browser.py::"

KINDS: Mapping[str, tuple[Way, ...]] = {
    "folders of a component": (
        wrong("one App.js with JSX", "projects/one-script"),
        wrong("no default export", "projects/nothing-exported", "projects/named-export"),
        wrong("a Markdown fence round the code", "projects/fenced"),
        wrong("a component of before, left over", "projects/leftovers"),
        wrong("a helper with a default export that nothing imports", "projects/leftovers"),
        wrong("tests beside the sources", "projects/leftovers"),
        wrong("stories beside the sources", "projects/leftovers"),
        right("a hook with a default export that nothing imports", "projects/leftovers"),
        right("a server's file beside the app", "projects/leftovers"),
        right("settings of a tool in CommonJS beside the app", "projects/settings-in-commonjs"),
        right("an ending in capitals", "projects/ending-in-capitals"),
        right("byte order marks, Windows' line ends, a line for a shell", "projects/marks-and-line-ends"),
        right("UTF-16", "commands/test_app_files.py::test_what_windows_writes_in_utf_16_is_read"),
        right("an import in letters of another size", "projects/letters-of-another-size"),
        right("JSX of every form", "projects/odd-jsx"),
        right("TypeScript of every form", "projects/typescript-of-every-kind"),
        right("a service worker", "projects/service-worker"),
        right("React by its name alone", "bundled/react-without-import"),
    ),
    "projects of tools, and pages of HTML": (
        wrong("a Vite project in TypeScript with an alias", "projects/vite-aliases", "bundled/vite-notes"),
        wrong("settings of tools beside the sources", "projects/vite-aliases"),
        wrong("a workspace, whose packages the app imports by their names", "bundled/workspace"),
        wrong("files of the public folder", "bundled/asset-addresses", "projects/create-react-app"),
        wrong("client pages of Next with an alias", "projects/next-pages"),
        wrong(
            "an index.html with a style and a setting beside a component", "projects/page-beside-a-component"
        ),
        wrong("index.html and main.jsx side by side", "projects/page-without-a-root"),
        wrong(
            "one HTML file with React, Babel and Tailwind of other hosts",
            "projects/page-with-babel",
            "hosted/react-by-script",
        ),
        wrong("names of files and folders in a page's own import map", "bundled/own-import-map"),
        wrong(
            "sources that can't be built here beside what they were built into",
            "projects/built-beside-sources",
        ),
        wrong(
            "a site that only a tool of its own builds",
            "content/test_built_folder.py::test_without_it_the_page_says_which_tool_is_missing",
        ),
        wrong("a page among the files of a program in another language", "projects/page-of-a-server"),
        right("a Next app with one page and a layout", "projects/next-pages"),
        right("what a bundler left in its output folder", "projects/built-site"),
        right("one HTML file of any name", "projects/one-page-of-any-name"),
    ),
    "forms of bundlers": (
        wrong("values of the deploy by import.meta.env", "bundled/env-values"),
        wrong("import.meta.glob", "bundled/many-pages"),
        wrong("an import of a path that is put together", "bundled/many-pages"),
        wrong("the address of a file by new URL", "bundled/asset-addresses"),
        wrong("a worker by new URL", "bundled/worker-forms"),
        wrong("a .cjs file", "bundled/common-js"),
        wrong("require and module.exports", "bundled/common-js"),
        wrong("JSON with an attribute", "bundled/json-forms"),
        wrong("names of a JSON file", "bundled/json-forms"),
        wrong("a style sheet with an attribute", "bundled/style-forms"),
        wrong("CSS modules", "bundled/style-forms"),
        wrong("Sass", "bundled/sass"),
        wrong("Tailwind's directives in CSS", "bundled/tailwind-three", "bundled/tailwind-four"),
    ),
    "packages": (
        wrong("icons that the newest major has no more", "packaged/names-that-are-gone"),
        wrong("a table as it was written for the major before", "packaged/names-that-are-gone"),
        wrong(
            "versions in package.json, React's among them",
            "packaged/versions-as-asked",
            "modules/test_home.py::test_an_app_that_asks_for_react_18_gets_it_with_all_its_packages",
        ),
        wrong("a peer range that the newest version does not fit", "packaged/peers"),
        wrong("a peer that nobody named", "packaged/peers"),
        wrong("charts by their parts", "packaged/parts-that-share"),
        wrong("maps by their parts", "packaged/parts-that-share"),
        wrong("an entry that is a folder with a manifest", "packaged/entries-by-folder"),
        wrong("a style sheet by a folder key of exports", "packaged/entries-by-folder"),
        wrong("a picture that code finds by the style sheet", "packaged/files-beside"),
        wrong("the address of WebAssembly by ?url", "packaged/files-beside"),
        wrong(
            "files of 32 MiB and more",
            "packaged/files-beside",
            "modules/build/test_forms.py::test_url_is_the_address_of_the_file_as_it_is",
        ),
        wrong("a guarded import of a part of Node", "packaged/parts-of-node"),
        wrong(
            "an editor that loads itself from another host",
            "packaged/hosts-while-it-runs",
            f"{POLICY}test_a_script_element_is_told_over_the_app_where_something_is_wrong",
        ),
        right("clients of services, for Node and browsers", "packaged/parts-of-node"),
        right("documents, sheets and mathematics", "packaged/parts-of-node", "packaged/old-scripts"),
        right("databases and accounts of a service by their parts", "packaged/parts-that-share"),
        right("buttons and tables with a style sheet", "packaged/entries-by-folder"),
        right("components on an engine for styles", "packaged/peers"),
        right("their colours and themes", "packaged/peers"),
        right("components with a provider", "packaged/peers"),
        right("the major before, by the import itself", "packaged/versions-as-asked"),
        right("a package for an older React", "packaged/peers"),
        right("an optional peer that the app imports", "packaged/peers"),
        right("parts to drag and sort that share a context", "packaged/parts-that-share"),
        right("an editor of code and its languages", "packaged/parts-that-share"),
        right("an editor of text by exports with patterns", "packaged/parts-that-share"),
        right("an editor of text and its history", "packaged/parts-that-share"),
        right("forms and schemas by a deep path", "packaged/entries-by-folder"),
        right("states, queries and stores", "packaged/parts-that-share", "packaged/peers"),
        right("a router's part by a path of its own", ROUTERS),
        right("languages, dates and their locales", "packaged/entries-by-folder"),
        right("icons and parts without a style", "packaged/entries-by-folder"),
        right("formulas and diagrams that load their parts", "packaged/late-parts-of-packages"),
        right("games in one old file", "packaged/old-scripts"),
        right("plots in CommonJS", "packaged/old-scripts"),
        right("plugins that extend another package", "packaged/old-scripts"),
        right("plugins of a map, by a global", "packaged/old-scripts"),
        right("pictures of a package by import", "packaged/files-beside"),
        right("three dimensions and their addons", "packaged/parts-that-share"),
        right("a scene of components", "packaged/parts-that-share", "apps/spinning-cube"),
        right("WebAssembly and workers", "packaged/files-beside"),
        right(
            "all of these together",
            "test_awkward_packages_in_browser.py::test_awkward_packages_work_from_this_server",
        ),
    ),
    "what the page asks, and where it is opened": (
        wrong("an app with a router", ROUTERS),
        wrong(
            "pictures, frames and fonts of other hosts",
            f"{POLICY}test_pictures_are_told_of_once_beside_the_app",
        ),
        wrong(
            "fonts by name in CSS",
            "test_fonts_in_browser.py::test_three_families_render_with_no_request_off_the_host",
        ),
        wrong(
            "random identifiers over plain http",
            "test_plain_http_in_browser.py::test_random_identifiers_are_made_as_in_a_secure_context",
        ),
        wrong("ReactDOM.render", "failures/render-of-react-17", "failures/render-by-name-of-react-17"),
        right(
            "a request to another host that the app handles",
            f"{POLICY}test_what_an_app_handles_itself_is_told_beside_it_and_not_over_it",
        ),
    ),
    "the command line and its server": (
        wrong(
            "secrets, copies and files of systems in the folder",
            "content/test_left_out.py::test_what_is_called_like_a_secret_is_one",
            "commands/test_app_files.py::test_what_is_left_out_is_listed_with_its_reason",
        ),
        wrong(
            "a clock that is off",
            "commands/test_deploy.py::test_a_clock_that_is_off_is_named_with_the_difference",
        ),
        wrong(
            "a proxy without WebSockets",
            "commands/test_deploy.py::test_behind_a_proxy_without_websockets_it_is_sent_by_post",
        ),
        wrong(
            "more apps and releases than fit",
            "storage/test_eviction.py::test_superseded_production_releases_make_room_for_ever",
        ),
        wrong(
            "a browser that does not know names under localhost",
            "test_readme.py::test_browsers_that_do_not_know_names_under_localhost_are_named",
        ),
    ),
}


def count(kind: str, *, wrong: bool) -> int:
    """Return how many ways of *kind* went wrong, or worked, when they were reported."""
    return sum(way.wrong is wrong for way in KINDS[kind])
