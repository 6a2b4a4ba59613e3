"""Packages that no page can have, in the words that help: what is made for phones, or for a server."""

import posixpath
import re
from collections.abc import Collection, Iterable

from vibes_trio.content.node_names import NAMES

_PHONES = re.compile(r"react-native|expo|expo-[\w-]+|@expo/[\w-]+|@react-native(?:-[\w-]+)?/[\w-]+")
_SERVERS = re.compile(
    r"@remix-run/(?:node|serve|dev|server-runtime|express|cloudflare|deno|architect|netlify|vercel)"
    r"|@react-router/(?:node|serve|dev|express|cloudflare|architect)"
    r"|@sveltejs/kit|nuxt|gatsby|astro|electron|@nestjs/core"
)


def tell_foreign(package: str) -> str:
    """Return why *package* can't be had, if that is known before anybody tries; empty: it may well be."""
    if _PHONES.fullmatch(package):
        return (
            'it is made for phones: on a page write HTML elements, or have package.json say "react-native":'
            ' "npm:react-native-web@*", which has the same components'
        )
    if _SERVERS.fullmatch(package):
        return "it takes a server of its own: here an app runs in the browser alone"
    return ""


_SITE_BUILDERS = {
    "astro": "Astro",
    "@sveltejs/kit": "SvelteKit",
    "nuxt": "Nuxt",
    "gatsby": "Gatsby",
    "@angular/core": "Angular",
    "@remix-run/react": "Remix",
    "@react-router/dev": "React Router's framework mode",
    "@tanstack/react-start": "TanStack Start",
    "@tanstack/solid-start": "TanStack Start",
    "@tanstack/start": "TanStack Start",
    "@solidjs/start": "SolidStart",
    "@docusaurus/core": "Docusaurus",
    "vitepress": "VitePress",
    "vike": "Vike",
    "waku": "Waku",
    "@redwoodjs/core": "RedwoodJS",
    "@11ty/eleventy": "Eleventy",
    "@builder.io/qwik": "Qwik",
    "@qwik.dev/core": "Qwik",
}
# Settings that only such a tool reads, for apps that come without their `package.json`.
_SETTINGS = {
    "react-router.config": "@react-router/dev",
    "remix.config": "@remix-run/react",
    "astro.config": "astro",
    "nuxt.config": "nuxt",
    "gatsby-config": "gatsby",
    "angular.json": "@angular/core",
    "docusaurus.config": "@docusaurus/core",
    "waku.config": "waku",
}
_SCRIPT = re.compile(r"\.[cm]?[jt]s$")
_ONE_PAGE = {
    "React Router's framework mode": " with `ssr: false` in react-router.config.ts",
    "TanStack Start": " with `spa: { enabled: true }` in the settings of its plugin",
}
"""What has a tool that renders on a server write a page that does without."""
_OWN_JSX = frozenset({"@builder.io/qwik", "@qwik.dev/core"})
_LANGUAGES = {".vue": "Vue", ".svelte": "Svelte", ".astro": "Astro"}


def tell_builder(packages: Collection[str], settings: Iterable[str] = ()) -> str:
    """Return why the pages of an app can't be made here that only a tool of its own makes; empty: none does.

    Args:
        packages: those that its `package.json` names.
        settings: names of the files in its folder, of which one may be such a tool's.
    """
    package, told_by = next((name for name in _SITE_BUILDERS if name in packages), ""), "package.json names"
    if not package:
        known = ((_SETTINGS.get(_SCRIPT.sub("", name)), name) for name in sorted(settings))
        package, told_by = next(((tool, f"{name} is for") for tool, name in known if tool), ("", ""))
    found = _SITE_BUILDERS.get(package, "")
    return found and (
        f"{told_by} {found}, whose own build makes the pages; this server does not have it: build the app where it was"
        f" made{_ONE_PAGE.get(found, '')}, and deploy the folder that this writes (dist, build, public or out)."
    )


def has_own_jsx(packages: Collection[str]) -> bool:
    """Whether an app of *packages* is written in what looks like React's JSX and means something else."""
    return not _OWN_JSX.isdisjoint(packages)


def tell_language(names: Iterable[str]) -> str:
    """Return why an app with files *names* can't be built here that has components in a language of their own; empty:
    it has none."""
    endings = {posixpath.splitext(name)[1] for name in names}
    found = next((language for ending, language in _LANGUAGES.items() if ending in endings), "")
    return found and f"{found} components are not compiled here."


def in_words(package: str, why: str) -> str:
    """Return *why* the package *package* could not be built, so that people know what to do about it."""
    foreign = tell_foreign(package)
    if foreign:
        return foreign
    if package in NAMES:
        return (
            f"{package} is a part of Node, which browsers do not have, and npm's package of that name: {why}"
        )
    return why


def no_such_file(specifier: str) -> str:
    """Return what is told of the import *specifier* of a file that the app does not have."""
    part = _SHADCN.fullmatch(specifier)
    if part is None:
        return "this app has no such file."
    return (
        f"this app has no such file. It is a part of shadcn/ui, whose files lie in an app's own folder: have them made"
        f" where the app was (`npx shadcn add {part[1]}`), and deploy them with it."
    )


_SHADCN = re.compile(r"(?:@|~|\.{1,2}(?:/\.\.)*)(?:/[\w-]+)*/ui/([a-z][a-z-]*)(?:\.[jt]sx?)?")
