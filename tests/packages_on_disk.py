"""Packages that lie in `tests/packaged/registry`, each of a form that packages have: a registry that serves them."""

import json
from pathlib import Path

from fake_registry import FakeRegistry, pack

HOME = Path(__file__).parent / "packaged" / "registry"


def add_all(registry: FakeRegistry, home: Path = HOME) -> None:
    """Add the packages in *home* to *registry*, versions in order: the last is the newest."""
    for path in sorted(home.rglob("package.json"), key=lambda path: (len(path.parts), str(path))):
        folder = path.parent
        if "@" not in folder.name[1:]:
            continue  # a folder of a package that has a manifest of its own
        document = json.loads(path.read_text("utf-8"))
        files = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        named = {key: value for key, value in document.items() if "ependencies" in key}
        registry.add(document["name"], document["version"], pack(files), **named)
