"""Packages that a start can do without: they are imported when one of their names is used for the first time.

What a server needs for its first answer takes a quarter of a second to import; what it needs only to fetch
packages, to order the files of a deploy or to make up names would add another seventh.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands in for a module that is imported at the first use of a name.

    Not `importlib.util.LazyLoader`: until Python 3.12 a second thread that comes meanwhile finds half a module.
    """

    def __getattr__(self, name: str) -> Any:  # whatever the module has
        module = importlib.import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, name)


def late(name: str) -> ModuleType:
    """Return the module *name*, or what stands in for it until it is used. Any thread may be the first.

    Type checkers have to be told by an `import` of their own. Of a module within a package only the package is looked
    for now: to look further would import it.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    if name in sys.modules:
        return sys.modules[name]
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _Late(name)
