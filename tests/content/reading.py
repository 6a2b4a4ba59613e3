"""Sets of files for tests of how they are read."""

from vibes_trio.content.filenames import lang_of
from vibes_trio.content.project import Project, ProjectFile
from vibes_trio.content.read_project import read_project

COMPONENT = "export default function App() { return <p>x</p>; }"
MAIN = "createRoot(document.getElementById('root')).render(<App />);"
PAGE = '<!doctype html><html><head></head><body><div id="root"></div>{}</body></html>'
ENTRY = '<script type="module" src="/src/main.tsx"></script>'


def files(given: dict[str, str | bytes]) -> list[ProjectFile]:
    return [
        ProjectFile(name, content.encode() if isinstance(content, str) else content, lang_of(name))
        for name, content in sorted(given.items())
    ]


def read(given: dict[str, str | bytes], entry_point: str = "", **env: str) -> Project:
    return read_project(files(given), entry_point, env)
