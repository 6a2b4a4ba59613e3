"""What an app asks for of its packages: by name, by address, in its manifest, in its page's import map."""

from vibes_trio.config import Limits
from vibes_trio.modules.bases import REACT
from vibes_trio.services.releases import Extras
from vibes_trio.services.wanted import find_wanted, wishes_of, with_packages

ESM, UNPKG = "https://esm.sh/", "https://unpkg.com/"


async def asked(fakes_app, *specifiers: str, packages=(), ranges=None, **told) -> Extras:
    """What is noted of an app whose modules import *specifiers*, of which *packages* are in the map."""
    return await with_packages(fakes_app, Extras(**told), tuple(packages), specifiers, ranges or {}, ())


def built(extras: Extras) -> dict[str, tuple[str, str]]:
    """What is built for *extras*, with a map like one that a deploy stores."""
    imports = {text: ESM + text for text in extras.packages if "//" not in text}
    wanted, never = find_wanted(imports, extras)
    assert never == {}
    return wanted


def test_what_is_wanted_is_read_from_the_addresses_of_the_map():
    imports = {
        "d3": "https://esm.sh/d3@7.9.0",
        "d3@5": "https://esm.sh/d3@5",
        "@s/a@^2/part": "https://esm.sh/@s/a@^2/part",
        "call-ai": "https://esm.sh/call-ai@v0.14.5",
        "@fireproof/use-fireproof": "https://esm.sh/@fireproof/use-fireproof@0.24.8-dev-test-device-id?deps=react@19",
        "react-hot-toast": "https://esm.sh/react-hot-toast?deps=react@19.2.1",
        "use-vibes": "/dist/use-vibes.js",
    }

    wanted, not_local = find_wanted(imports, Extras(packages=tuple(imports)))

    assert wanted == {
        "d3": ("d3", "latest"),
        "d3@5": ("d3@5", "5"),
        "@s/a@^2/part": ("@s/a/part", "^2"),
        "call-ai": ("call-ai", "0.14.5"),
        "@fireproof/use-fireproof": ("@fireproof/use-fireproof", "0.24.19"),
        "react-hot-toast": ("react-hot-toast", "latest"),
    }
    assert not_local == {
        "use-vibes": "its address is no package's",
    }


def test_the_manifest_decides_then_the_specifier_then_a_map_that_is_certain():
    texts = ("d3", "d3@5/part", "use-sync-external-store", "sql.js/dist/x.wasm?url", "core?url", "x?unknown")
    imports = {text: f"https://esm.sh/{text.partition('?')[0]}" for text in texts}
    imports |= {"d3": "https://esm.sh/d3@7.9.0", "d3@5/part": "https://esm.sh/d3@5/part"}
    imports["use-sync-external-store"] += "@1.6.0"

    free, _ = find_wanted(imports, Extras(packages=texts))
    decided, _ = find_wanted(
        imports, Extras(packages=texts, ranges={"d3": "^6", "sql.js": "1.10.0", "react": "18"})
    )

    assert free["d3@5/part"] == ("d3@5/part", "5")
    assert free["use-sync-external-store"] == ("use-sync-external-store", "1.6.0")
    assert free["sql.js/dist/x.wasm?url"] == ("sql.js/dist/x.wasm?url", "latest")
    assert (free["core?url"], free["x?unknown"]) == (("core?url", "latest"), ("x", "latest"))
    assert (decided["d3"], decided["d3@5/part"]) == (("d3", "^6"), ("d3/part", "^6"))
    assert decided["sql.js/dist/x.wasm?url"] == ("sql.js/dist/x.wasm?url", "1.10.0")


def test_parts_of_react_that_the_page_itself_needs_have_no_place_in_the_map():
    wanted, never = find_wanted({}, Extras(packages=REACT, ranges={"react": "18"}))

    assert never == {}
    assert {text: specifier for text, (specifier, _) in wanted.items()} == {text: text for text in REACT}


async def test_an_address_means_the_version_that_it_names_and_the_newest_without_one(app):
    texts = (f"{ESM}d3@7/shape", f"{UNPKG}clsx@2.0.0?module", "https://esm.run/nanoid", f"{ESM}x?deps=d3@5")
    wanted = built(await asked(app, *texts))

    assert wanted == {
        texts[0]: ("d3/shape?hosted", "7"),
        texts[1]: ("clsx", "2.0.0"),
        texts[2]: ("nanoid", "latest"),
        texts[3]: ("x", "latest"),
    }


async def test_what_is_imported_by_name_alone_is_the_version_that_an_address_names(app):
    extras = await asked(
        app, "d3", f"{ESM}d3@7", "three", f"{ESM}y?deps=three@0.160.0", packages=("d3", "three")
    )
    wanted = built(extras)

    assert (wanted["d3"], wanted[f"{ESM}d3@7"]) == (("d3", "7"), ("d3", "7"))
    assert wanted["three"] == ("three", "0.160.0")
    assert wishes_of(extras, wanted).free == {"y"}


async def test_a_manifest_decides_about_names_and_about_addresses_without_a_version(app):
    texts = (f"{ESM}d3@7", f"{ESM}clsx")
    wanted = built(await asked(app, "d3", *texts, packages=("d3",), ranges={"d3": "^6", "clsx": "^1"}))

    assert wanted["d3"] == ("d3", "^6")
    assert wanted[texts[0]] == ("d3@7", "7")
    assert wanted[texts[1]] == ("clsx", "^1")


async def test_react_by_address_is_the_react_of_the_page(app):
    texts = (f"{ESM}react@18", f"{ESM}react-dom@18.2.0/client.js", "https://ga.jspm.io/npm:react@18/index.js")
    extras = await asked(app, *texts, "react", "react-dom/client", packages=("react", "react-dom/client"))
    wanted = built(extras)

    assert (extras.react, extras.ranges["react"]) == ("18", "18")
    assert {text: specifier for text, (specifier, _) in wanted.items()} == {
        texts[0]: "react",
        texts[1]: "react-dom/client",
        texts[2]: "react",
        **{text: text for text in REACT},
    }


async def test_the_react_that_packages_are_to_be_built_with_is_the_page_s(app):
    assert (await asked(app, f"{ESM}@tanstack/react-query@5?deps=react@18.2.0")).react == "18"
    assert (await asked(app, f"{ESM}react-dom@18/client")).react == "18"
    assert (await asked(app, f"{ESM}react@19")).react == ""


async def test_what_the_page_loads_is_a_file_of_the_package(app):
    remote = (
        f"{UNPKG}react@18.3.1/umd/react.production.min.js",
        f"{UNPKG}lodash",
        f"{ESM}a@1/dist/a.css",
        f"{ESM}b",
    )
    extras = await asked(app, remote=remote)

    assert extras.react == "18"
    assert {text: specifier for text, (specifier, _) in built(extras).items() if text in remote} == {
        remote[0]: "react/umd/react.production.min.js?file",
        remote[1]: "lodash?file",
        remote[2]: "a/dist/a.css?file",
        remote[3]: "b",
    }


async def test_packages_of_modules_are_for_the_react_of_the_page_s_script(app):
    remote = (f"{UNPKG}react@18.3.1/umd/react.production.min.js",)
    of_react = ("react", "react-dom/client")

    assert (await asked(app, *of_react, packages=of_react, remote=remote)).react == ""
    assert (await asked(app, "icons", *of_react, packages=("icons", *of_react), remote=remote)).react == "18"
    assert (await asked(app, f"{ESM}icons", remote=remote)).react == "18"


async def test_a_script_of_a_react_that_modules_can_not_have_is_that_very_version(app):
    remote = (
        f"{UNPKG}react@17.0.2/umd/react.production.min.js",
        f"{UNPKG}react@18.2.0/umd/react.development.js",
    )
    extras = await asked(app, "react", packages=("react",), remote=remote[:1])
    wanted = built(extras)

    assert extras.react == ""
    assert wanted[remote[0]] == ("react@17.0.2/umd/react.production.min.js?file", "17.0.2")
    assert wanted["react"][0] == "react"
    assert built(await asked(app, remote=remote[1:]))[remote[1]][0].startswith("react@18.2.0/")


async def test_an_import_map_of_the_app_decides_what_its_names_mean(app):
    imports = {
        "three": f"{UNPKG}three@0.160.0/build/three.module.min.js",
        "x/": f"{UNPKG}three@0.160.0/examples/jsm/",
    }
    extras = await asked(
        app, "three", "x/a.js", "y", imports={**imports, "y": "./y.js", "z/": "https://b.test/"}
    )

    assert built(extras) == {
        "three": ("three/build/three.module.min.js?hosted", "0.160.0"),
        "x/a.js": ("three/examples/jsm/a.js?hosted", "0.160.0"),
    }


async def test_addresses_of_other_hosts_and_of_no_package_are_noted_as_such(app):
    texts = (f"{ESM}gh/a/b", "https://b.test/x.js", "//c.test/y.js", "data:text/javascript,1", "d3")

    assert (await asked(app, *texts, packages=("d3",))).elsewhere == texts[:3]


async def test_only_so_many_addresses_are_looked_at(app):
    most = Limits().max_hosted
    extras = await asked(app, *(f"{ESM}a{number}" for number in range(most + 9)))

    assert len(extras.packages) == most
    assert len(extras.elsewhere) == 9


def test_a_package_that_the_registry_knew_nothing_of_is_wanted_all_the_same():
    wanted, never = find_wanted({}, Extras(packages=("later/part.js?url", "@x/y@2", "fs", "./a")))

    assert wanted == {"later/part.js?url": ("later/part.js?url", "latest"), "@x/y@2": ("@x/y", "2")}
    assert set(never) == {"fs", "./a"}
