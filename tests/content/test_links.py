"""Linking is right if the browser ends at the right file, so these tests hold a browser's rules.

`Browser` resolves specifiers by the HTML standard's import map algorithm over what the page makes of the map.
"""

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import build_import_map
from vibes_trio.content.links import AS_MODULE, AppModule, Links, bare_of, link_modules

ORIGIN = "https://app--ada.test"
RELEASE = "/~z123456789~/"
ENCODED_IN_PATHS = re.compile(r"[^!$-;=@-\]_a-z|~]")  # of ASCII: C0, blank, " < > ? ^ ` { } and what # begins


def module(name: str, *imports: str, lang: str = "", text: str = "", default: bool = False) -> AppModule:
    lang = lang or posixpath.splitext(name)[1][1:]
    return AppModule(name, calc_cid((text or name).encode()), lang, imports, has_default=default)


def asset(name: str) -> AppModule:
    return AppModule(name, calc_cid(name.encode()))


def parse_url(text: str, base: str = "") -> str | None:
    """The URL parser, as far as import maps meet it: with *base* (of this origin) for what has no scheme."""
    if re.match(r"[a-z]+:", text):
        return text
    if not base:
        return None
    path, suffix = re.fullmatch(r"([^?#]*)(.*)", text.replace("\\", "/"), re.DOTALL).groups()  # type: ignore[union-attr]
    folder = "" if path.startswith("/") else base.removeprefix(ORIGIN).rpartition("/")[0] + "/"
    segments: list[str] = []
    parts = (folder + path).split("/")[1:]
    for part in parts:
        if part == "..":
            segments = segments[:-1]
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    encoded = ENCODED_IN_PATHS.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), "/".join(segments))
    return f"{ORIGIN}/{encoded}{suffix}"


def parse_specifier(text: str, base: str) -> str:
    """A key or specifier, normalised: a URL if it is like one, else itself."""
    is_relative = text.startswith(("/", "./", "../"))
    return parse_url(text, base if is_relative else "") or text


@dataclass
class Browser:
    links: Links

    def __post_init__(self) -> None:
        stored = build_import_map(
            self.links.bare, {}, "1", imports=self.links.imports, scopes=self.links.scopes
        )
        found = json.loads(stored.text)
        self.imports = self._entries(found["imports"])
        self.scopes = {
            parse_url(self._of_page(scope), ORIGIN + RELEASE): self._entries(entries)
            for scope, entries in found.get("scopes", {}).items()
        }

    @staticmethod
    def _of_page(text: str) -> str:
        return RELEASE + text[2:] if text.startswith("./") else text

    def _entries(self, entries: Mapping[str, str]) -> dict[str, str | None]:
        made: dict[str, str | None] = {}
        for key, value in entries.items():
            address = parse_specifier(self._of_page(value), ORIGIN + RELEASE)
            is_null = key.endswith("/") and not address.endswith("/")
            made[parse_specifier(self._of_page(key), ORIGIN + RELEASE)] = None if is_null else address
        return made

    def resolve(self, specifier: str, importer: str) -> str:
        as_url = parse_specifier(specifier, importer)
        for entries in (self.scopes.get(importer, {}), self.imports):
            if as_url in entries:
                address = entries[as_url]
                assert address is not None, f"{specifier} is blocked"
                return address
            assert not any(key.endswith("/") and as_url.startswith(key) for key in entries)
        assert as_url.startswith("https:"), f"{specifier} is bare"
        return as_url

    def url(self, served: str) -> str:
        """Where a served name lies; the page loads roots by the same address."""
        found = parse_url(RELEASE + _percent(served[1:]), ORIGIN)
        assert found is not None
        return found

    def load(self, specifier: str, importer: str) -> str:
        """Return the served name that the server finds for what module *importer* (a served name) imports."""
        address = self.resolve(specifier, self.url(importer))
        path = re.sub(r"[?#].*", "", address.removeprefix(ORIGIN))
        assert path.startswith(RELEASE), f"{specifier} of {importer} leaves the release: {address}"
        return "/" + unquote(path.removeprefix(RELEASE))


def _percent(name: str) -> str:
    return "".join(c if re.match(r"[\w/~!$&'()*+,;=:@.-]", c, re.ASCII) else _bytes(c) for c in name)


def _bytes(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def loads(files: list[AppModule], importer: str, specifier: str) -> str:
    links = link_modules(files)
    served = dict(zip((file.name for file in files), links.served, strict=True))
    loaded = Browser(links).load(specifier, served[importer])
    return next((name for name, at in served.items() if at == loaded), loaded)


def test_an_app_without_relative_imports_gets_no_entries() -> None:
    links = link_modules([module("/App.jsx", "react", "d3"), module("/main.js")])

    assert (links.imports, links.scopes, links.wrappers, links.warnings) == ({}, {}, {}, ())
    assert links.bare == ("react", "d3")


def test_plain_modules_that_load_by_themselves_get_no_entries() -> None:
    links = link_modules(
        [module("/lib/a.js", "../main.js"), module("/main.js", "./lib/a.js?v=1", "./lib/a.js")]
    )

    assert links.imports == {"./lib/a.js?v=1": "./lib/a.js"}
    assert links.scopes == {}


def test_entries_of_a_compiled_module_stand_in_its_scope() -> None:
    card, app = module("/Card.jsx"), module("/App.jsx", "./Card.jsx")

    links = link_modules([app, card])

    assert links.served == (f"/~~transformed~~/{app.cid}", f"/~~transformed~~/{card.cid}")
    assert links.imports == {}
    assert links.scopes == {
        f"./~~transformed~~/{app.cid}": {"./~~transformed~~/Card.jsx": f"./~~transformed~~/{card.cid}"}
    }


def test_entries_of_plain_modules_are_shared() -> None:
    card = module("/lib/Card.jsx")

    links = link_modules([card, module("/main.js", "./lib/Card.jsx", "./lib/Card")])

    address = f"./~~transformed~~/{card.cid}"
    assert links.imports == {"./lib/Card.jsx": address, "./lib/Card": address}
    assert links.scopes == {}


@pytest.mark.parametrize(
    ("specifier", "meant"),
    [
        ("./Card.jsx", "/ui/Card.jsx"),
        ("./Card", "/ui/Card.jsx"),
        ("./Card.js", "/ui/Card.jsx"),
        ("./Typed.js", "/ui/Typed.ts"),
        ("./Typed.jsx", "/ui/Typed.jsx.tsx"),
        ("./list", "/ui/list/index.js"),
        (".", "/ui/index.jsx"),
        ("..", "/index.tsx"),
        ("../main", "/main.js"),
        ("../main.js?x=1#y", "/main.js"),
        ("../../../main", "/main.js"),
        ("/main", "/main.js"),
        ("./[id].jsx", "/ui/[id].jsx"),
        ("./my file.js", "/ui/my file.js"),
        ("./my%20file.js", "/ui/my file.js"),
        ("./100%25.js", "/ui/100%.js"),
        ("./über.js", "/ui/über.js"),
        (".\\..\\main.js", None),
        ("./..\\main.js", "/main.js"),
        ("../vendor.js", "/vendor.js"),
    ],
)
@pytest.mark.parametrize("importer", ["/ui/App.jsx", "/ui/app.js"])
def test_a_specifier_leads_to_the_file_that_bundlers_take(
    importer: str, specifier: str, meant: str | None
) -> None:
    names = ["/ui/Card.jsx", "/ui/Typed.ts", "/ui/Typed.jsx.tsx", "/ui/list/index.js", "/ui/index.jsx"]
    names += ["/index.tsx", "/main.js", "/ui/[id].jsx", "/ui/my file.js", "/ui/100%.js", "/ui/über.js"]
    files = [module(importer, specifier), *(module(name) for name in names), asset("/vendor.js")]

    if meant is None:
        assert link_modules(files).bare == (specifier,)
    else:
        assert loads(files, importer, specifier) == meant


def test_a_module_in_a_folder_with_odd_letters_is_loaded_by_one_address() -> None:
    files = [module("/[id]/a.js", "./b.jsx"), module("/[id]/b.jsx"), module("/main.js", "./[id]/a.js")]

    links = link_modules(files)

    assert links.imports["./[id]/a.js"] == "./%5Bid%5D/a.js"
    assert loads(files, "/main.js", "./[id]/a.js") == "/[id]/a.js"
    assert loads(files, "/[id]/a.js", "./b.jsx") == "/[id]/b.jsx"


@pytest.mark.parametrize("importer", ["/x/App.jsx", "/x/app.js"])
@pytest.mark.parametrize(
    "name", ["/style.css", "/data.json", "/pictures/a logo.svg", "/LICENSE", "/a%b?.txt"]
)
def test_what_is_no_module_is_imported_through_a_wrapper(importer: str, name: str) -> None:
    specifier = ".." + name.replace("%", "%25").replace("?", "%3F")
    files = [module(importer, specifier), asset(name)]

    wrapper = loads(files, importer, specifier)

    stands_for, text = link_modules(files).wrappers[wrapper]
    assert (wrapper, stands_for) == (f"{AS_MODULE}{name}.js", name)
    address = re.search(r'new URL\("([^"]*)", import.meta.url\)', text)
    assert address is not None
    browser = Browser(link_modules(files))
    assert parse_url(address[1], browser.url(wrapper)) == browser.url(name)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("/data.JSON", "export default parse();"),
        ("/style.css", '{ rel: "stylesheet", href: url, onload: done, onerror: done }'),
        ("/logo.svg", "export default url;"),
    ],
)
def test_a_wrapper_exports_the_value_or_the_address(name: str, part: str) -> None:
    ((_, text),) = link_modules([module("/App.jsx", "." + name), asset(name)]).wrappers.values()

    assert part in text


def test_an_import_that_no_file_answers_is_told_with_file_and_specifier() -> None:
    links = link_modules([module("/App.jsx", "./Gone")])

    assert links.warnings == ('/App.jsx: import "./Gone": this app has no such file.',)
    assert links.scopes == {}


@pytest.mark.parametrize("specifier", ["./lib/", "./lib/.", "./lib/../lib/"])
def test_a_folder_by_a_slash_is_told_with_the_name_to_write(specifier: str) -> None:
    links = link_modules([module("/App.jsx", specifier), module("/lib/index.js")])

    named = posixpath.join(specifier, "index.js")
    assert links.warnings == (
        f'/App.jsx: import "{specifier}": browsers can\'t load a folder; write "{named}".',
    )


def test_an_address_that_a_package_has_taken_is_no_file() -> None:
    links = link_modules([module("/App.jsx", "/react", "//cdn.test/x.js"), module("/react.js")])

    assert links.bare == ("/react", "//cdn.test/x.js")
    assert links.warnings == ()


def test_equal_sources_whose_imports_mean_one_file_share_an_address() -> None:
    files = [
        module("/a/App.jsx", "/x.js", text="same"),
        module("/b/App.jsx", "/x.js", text="same"),
        module("/x.js"),
    ]

    links = link_modules(files)

    assert links.served[0] == links.served[1]


def test_equal_sources_whose_imports_mean_different_files_do_not() -> None:
    files = [module(f"/{f}/App.jsx", "./x", text="same") for f in "abc"]
    files += [module(f"/{f}/x.js") for f in "abc"]

    links = link_modules(files)

    cid = files[0].cid
    assert links.served[:3] == (
        f"/~~transformed~~/{cid}",
        f"/~~transformed~~/{cid}~2/b/App.jsx",
        f"/~~transformed~~/{cid}~2/c/App.jsx",
    )
    for folder in "abc":
        assert loads(files, f"/{folder}/App.jsx", "./x") == f"/{folder}/x.js"


def test_addresses_that_meet_at_the_root_of_the_host_are_told_apart() -> None:
    files = [module("/a/b/c/App.jsx", "../../x.js", "../../../x.js"), module("/a/x.js"), module("/x.js")]

    assert loads(files, "/a/b/c/App.jsx", "../../x.js") == "/a/x.js"
    assert loads(files, "/a/b/c/App.jsx", "../../../x.js") == "/x.js"


def test_of_two_files_with_one_name_the_first_is_meant() -> None:
    files = [module("/App.jsx", "./x"), module("/x.jsx", text="first"), module("/x.jsx", text="second")]

    links = link_modules(files)

    assert Browser(links).load("./x", links.served[0]) == links.served[1]


def test_dynamic_imports_are_linked_too() -> None:
    app = AppModule("/App.jsx", calc_cid(b""), "jsx", ("./a.js",), ("./a.js", "./b.js", "d3"))
    files = [app, module("/a.js"), module("/b.js")]

    assert loads(files, "/App.jsx", "./b.js") == "/b.js"
    assert link_modules(files).bare == ("d3",)


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        ([module("/App.jsx", default=True)], ["/App.jsx"]),
        ([module("/App.jsx", "./Card", default=True), module("/Card.jsx", default=True)], ["/App.jsx"]),
        ([module("/A.jsx", default=True), module("/B.js", default=True)], ["/A.jsx", "/B.js"]),
        ([module("/A.jsx", default=True), module("/util.js")], ["/A.jsx"]),
        ([module("/A.jsx", "./A.jsx", default=True)], ["/A.jsx"]),
        ([module("/App.jsx", default=True), module("/main.jsx", "./App")], ["/main.jsx"]),
        ([module("/a.js"), module("/b.js"), asset("/x.css")], ["/a.js", "/b.js"]),
        (
            [module("/App.jsx", "./Card", default=True), module("/Card.jsx", "./App", default=True)],
            ["/App.jsx"],
        ),
        (
            [module("/Api.jsx", "./App"), module("/App.jsx", "./Api", default=True), module("/z.js")],
            ["/App.jsx"],
        ),
        ([asset("/x.css")], []),
        ([module("/App.jsx", default=True), module("/access.js", default=True)], ["/App.jsx"]),
        (
            [module("/App.jsx", default=True), module("/backend.js", "./lib.js"), module("/lib.js")],
            ["/App.jsx"],
        ),
        ([module("/a/access.js", default=True)], ["/a/access.js"]),
    ],
)
def test_the_page_mounts_what_no_other_module_imports(files: list[AppModule], roots: list[str]) -> None:
    links = link_modules(files)

    served = dict(zip((file.name for file in files), links.served, strict=True))
    assert links.roots == tuple(served[name] for name in roots)


def test_what_only_the_reference_s_servers_run_is_told_of() -> None:
    files = [module("/App.jsx", default=True), module("/access.js", default=True), module("/backend.js")]

    links = link_modules(files)

    assert [text.partition(":")[0] for text in links.warnings] == ["/access.js", "/backend.js"]


def test_a_module_of_that_name_that_the_app_imports_is_one_like_others() -> None:
    files = [module("/App.jsx", "./access.js", default=True), module("/access.js", default=True)]

    assert link_modules(files).warnings == ()


def test_equal_sources_are_mounted_once() -> None:
    files = [module("/A.jsx", text="same", default=True), module("/B.jsx", text="same", default=True)]

    assert len(link_modules(files).roots) == 1


FOLDERS = st.lists(st.sampled_from("xy"), max_size=3).map(lambda parts: "/".join(["", *parts]))
NAMES = st.builds(
    lambda folder, stem, ending: f"{folder}/{stem}{ending}",
    FOLDERS,
    st.sampled_from(["a", "b", "index", "x"]),
    st.sampled_from([".jsx", ".js", ".tsx", ".css", ".json", ""]),
)
SPECIFIERS = st.one_of(
    st.sampled_from([".", "..", "/a", "/x/a.js", "../../../../a", "./x/", "../.."]),
    st.builds(
        lambda up, parts, ending: up + "/".join(parts) + ending,
        st.sampled_from(["./", "../", "../../", "../../../", "./../"]),
        st.lists(st.sampled_from(["x", "y", "a", "b", "index"]), min_size=1, max_size=3),
        st.sampled_from(["", "", ".js", ".jsx", ".css", ".json", "?q", ".js#h"]),
    ),
)
CONTENTS = st.lists(st.lists(SPECIFIERS, max_size=5, unique=True), min_size=1, max_size=3)


@st.composite
def trees(draw: st.DrawFn) -> list[AppModule]:
    """Apps in which a few sources lie in many places, so that equal sources mean different files."""
    contents = draw(CONTENTS)
    files = []
    for name in sorted(draw(st.sets(NAMES, min_size=1, max_size=12))):
        lang = posixpath.splitext(name)[1][1:]
        if lang in ("jsx", "js", "tsx"):
            number = draw(st.integers(0, len(contents) - 1))
            files.append(module(name, *contents[number], text=f"{lang} {number}"))
        else:
            files.append(asset(name))
    return files


def expected_name(importer: str, specifier: str, names: set[str]) -> str | None:
    """What the README says of relative imports, written down a second time."""
    path = re.sub(r"[?#].*", "", specifier)
    place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
    wanted = [place + e for e in ("", ".jsx", ".js", ".tsx", ".json", ".css")]
    if place.endswith(".js"):
        wanted[1:1] = [place[:-3] + ".tsx", place[:-3] + ".jsx"]
    if place.endswith(".jsx"):
        wanted[1:1] = [place[:-4] + ".tsx"]
    index = [posixpath.join(place, "index" + e) for e in (".jsx", ".js", ".tsx", ".json", ".css")]
    is_folder = path.split("/")[-1] in ("", ".", "..")
    return next((name for name in ([] if is_folder else wanted) + index if name in names), None)


@given(trees())
def test_in_any_app_every_import_ends_at_its_file(files: list[AppModule]) -> None:
    links = link_modules(files)
    browser = Browser(links)
    served = dict(zip((file.name for file in files), links.served, strict=True))

    for file in files:
        for specifier in file.imports:
            meant = expected_name(file.name, specifier, set(served))
            if specifier.endswith(("/", "/..")) or meant is None:
                assert any(
                    warning.startswith(f'{file.name}: import "{specifier}":') for warning in links.warnings
                )
                continue
            loaded = browser.load(specifier, served[file.name])
            assert links.wrappers.get(loaded, (None,))[0] == meant or loaded == served[meant]
    assert len(set(links.served)) == len({(s, f.cid) for s, f in zip(links.served, files, strict=True)})


def test_what_the_page_asks_for_by_name_is_of_its_entries_and_what_they_lead_to() -> None:
    files = [
        module("/App.jsx", "react", "./lib"),
        module("/App.test.jsx", "vitest", "./App"),
        module("/lib.js", "d3"),
    ]
    links = link_modules(files)

    assert bare_of(files, links, ["/App.jsx", "/not-there.js"]) == ("react", "d3")
    assert links.bare == ("react", "vitest", "d3")


def test_a_file_is_found_though_its_letters_are_of_another_size():
    links = link_modules([module("/App.jsx", "./components/navbar"), module("/components/Navbar.jsx")])

    assert links.targets == ((1,), ())
    assert links.warnings == (
        '/App.jsx: import "./components/navbar": the file is called components/Navbar.jsx: write it so, as most'
        " servers tell large letters from small ones.",
    )


def test_of_two_files_that_differ_in_size_alone_each_is_found_by_its_own_name():
    links = link_modules([module("/App.jsx", "./nav", "./Nav"), module("/Nav.jsx"), module("/nav.jsx")])

    assert links.targets == ((2, 1), (), ())
    assert links.warnings == ()
