"""The Sass of an app, compiled by the server's Dart Sass with the style sheets of packages from its registry."""

from collections.abc import Mapping, Sequence
from functools import partial

from vibes_trio.bundle.sass import Sass
from vibes_trio.compilers.sass import PackageSheets, SassFailed, SassMaterial, compile_sheets
from vibes_trio.config import Limits
from vibes_trio.content.tool_settings import read_sass_ahead
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.exchange import UserId
from vibes_trio.modules.sass_home import SassHome


def sass_for(
    home: SassHome,
    limits: Limits,
    user: UserId,
    root: str,
    files: Mapping[str, bytes],
    ranges: Mapping[str, str],
) -> Sass:
    """Return what compiles the Sass of an app of *user*.

    Args:
        root: the folder of its project; files: all that it has, by name.
        ranges: package → range, what `package.json` asks for.
    """
    settings = (files[name] for name in sorted(files) if name.startswith(f"{root}/vite.config."))
    ahead = {syntax: text for content in settings for syntax, text in read_sass_ahead(content).items()}
    return Sass(partial(_compile, home, limits, user), partial(_sheets, home, ranges), ahead)


async def _compile(
    home: SassHome,
    limits: Limits,
    user: UserId,
    names: Sequence[str],
    material: SassMaterial,
    ahead: Mapping[str, bytes],
) -> Mapping[str, bytes | SassFailed]:
    try:
        tool = await home.tool()
    except (FetchFailed, ModuleFailed) as error:
        why = f"Sass is not compiled here, as its compiler can't be had ({error})"
        return {name: SassFailed(f"{why}: write it as CSS, which can nest by now", name) for name in names}
    return await compile_sheets(tool, names, material, limits, user, ahead)


async def _sheets(
    home: SassHome, ranges: Mapping[str, str], package: str, wanted: str
) -> PackageSheets | None:
    """Return the style sheets of *package*, in the version that the app wants, else in that which a package does."""
    if ranges and not wanted and package not in ranges:
        return None  # a name that is misspelt, and nobody's business
    try:
        return await home.sheets(package, ranges.get(package) or wanted)
    except (FetchFailed, ModuleFailed) as error:
        raise SassFailed(f"the style sheets of {package!r} are not to be had: {error}") from error
