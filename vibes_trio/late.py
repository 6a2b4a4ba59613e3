"""Packages that a start can do without: they are imported when one of their names is used for the first time.

What a server needs for its first answer takes a quarter of a second to import; what it needs only to fetch
packages, to order the files of a deploy or to make up names would add another seventh.
"""

import importlib.util
import sys
from types import ModuleType


def late(name: str) -> ModuleType:
    """Return the module *name*, which is found now and run when it is used first. Not for parts of packages.

    Type checkers have to be told by an `import` of their own. Two threads must not be the first at once.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
