"""React as a plain script that sets `window.React` and `window.ReactDOM`, as pages without a bundler load it.

React has no such files any more since 19; up to 18 they are files of its packages.
"""

from pathlib import Path

import trio

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.work import Work, bundle

# Package → what its script sets.
SCRIPTS = {
    "react": 'globalThis.React = require("{folder}/index.js");\n',
    "react-dom": (
        'globalThis.ReactDOM = {{ ...require("{folder}/index.js"), ...require("{folder}/client.js") }};\n'
    ),
}
_OF_PAGE = "module.exports = globalThis.React;\n"


def is_umd(work: Work, key: str, path: str) -> bool:
    """Return whether the file *path* of the package *key* is one that pages expect and React no longer has."""
    return (
        work.lock.packages[key].name in SCRIPTS
        and (not path or path.startswith("umd/"))
        and not any(name.startswith("umd/") for name in work.tree.files[key])
    )


async def build_umd(work: Work, key: str) -> Path:
    """Return the script, made of the package *key*; that of react-dom takes the React that the page has.

    Raises:
        ModuleFailed: it can't be made.
    """
    name = work.lock.packages[key].name
    folder = work.tree.root / "umd" / key
    await trio.to_thread.run_sync(_write, folder, SCRIPTS[name].format(folder=work.tree.folders[key]))
    needed = work.lock.packages[key].uses.get("scheduler", "")
    scheduler = work.tree.folders.get(needed)
    if needed and scheduler is None:
        raise ModuleFailed(str(work.gone.get(needed, f"{needed} is not there")))
    aliases = [f"--alias:react={folder / 'page.js'}"] if name != "react" else []
    aliases += [f"--alias:react-dom={work.tree.folders[key] / 'index.js'}"] if name == "react-dom" else []
    aliases += [f"--alias:scheduler={scheduler / 'index.js'}"] if scheduler else []
    await bundle(work, [key], [f"script={folder / 'start.js'}"], folder, "--format=iife", *aliases)
    made = folder / "script.js"
    if not await trio.Path(made).is_file():
        raise ModuleFailed("no script came out")
    return made.rename(folder / f"{name}.umd.js")


def _write(folder: Path, start: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "start.js").write_text(start, "utf-8")
    (folder / "page.js").write_text(_OF_PAGE, "utf-8")
