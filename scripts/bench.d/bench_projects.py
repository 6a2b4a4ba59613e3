"""A Vite project of 60 files that imports 8 packages, which are built here already; another one each time."""

import json
from collections.abc import Sequence

from bench_ours import make_app

PROJECT_FILES = 60
PROJECT_PACKAGES = (
    "clsx",
    "d3",
    "date-fns",
    "lucide-react",
    "react-markdown",
    "recharts",
    "uuid",
    "zustand",
)
_NAMED = {"clsx": "clsx", "uuid": "v4", "zustand": "create", "lucide-react": "House", "date-fns": "format"}
_PAGE = '<!doctype html><div id="root"></div><script type="module" src="/src/main.tsx"></script>'
_MAIN = """\
import { createRoot } from "react-dom/client";
import "./index.css";
import App from "@/App";
createRoot(document.getElementById("root")!).render(<App />);
"""
_PART_BYTES = 1500

Files = list[tuple[str, str, str]]


def make_project(name: str) -> Files:
    """Return the files of a project: name, language, source. Another *name* is another project."""
    shown = PROJECT_FILES - 7
    parts = [(f"/src/parts/Part{n}.tsx", "tsx", _part(f"{name} {n}", n)) for n in range(shown)]
    imports = [f'import Part{n} from "@/parts/Part{n}";' for n in range(shown)]
    used = "".join(f"<Part{n} />" for n in range(shown))
    app = [*imports, f"export default function App() {{ return <main>{used}</main>; }}"]
    settings = {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}
    return [
        ("/index.html", "", _PAGE),
        ("/package.json", "", json.dumps({"dependencies": dict.fromkeys(PROJECT_PACKAGES, "*")})),
        ("/tsconfig.json", "", json.dumps(settings)),
        ("/vite.config.ts", "ts", "export default {};"),
        ("/src/index.css", "", f"/* {name} */ main {{ color: black; }}"),
        ("/src/main.tsx", "tsx", _MAIN),
        ("/src/App.tsx", "tsx", "\n".join(app)),
        *parts,
    ]


def _part(name: str, number: int) -> str:
    return "\n".join(
        [*_imports(PROJECT_PACKAGES[number % len(PROJECT_PACKAGES)]), make_app(name, _PART_BYTES)]
    )


def _imports(package: str) -> Sequence[str]:
    name = _NAMED.get(package)
    if name is None:
        return [f'import * as used from "{package}";', "console.debug(used);"]
    return [f'import {{ {name} }} from "{package}";', f"console.debug({name});"]
