"""Run a program that the kernel lets see only the folders that it is to see.

esbuild asks before it reads a file (`fence`), but not before it lists folders: for ``import(`../../../../${x}`)`` it
walks through all that lies there, and reads each `package.json` and `tsconfig.json` on its way. Linux can keep a
process in (Landlock, since 5.13) if that asks for it before it starts the program, which is what this script does:
`python -I -S fenced.py FOLDER MORE… -- PROGRAM ARGUMENTS…` may write in FOLDER and read that and MORE.

Where the kernel has no Landlock, and for a program that is a script, whose files nobody knows, it runs as it is; then
what esbuild finds outside is refused by what it asks and says (`run`). A script of its own, without imports from this
package: it is started for each build, and takes 20 ms.
"""

import ctypes
import os
import sys
from collections.abc import Iterable, Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every processor
_ASK_VERSION, _BENEATH = 1, 1
_NO_NEW_PRIVILEGES = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _MAKE_DIR, _MAKE_FILE, _TRUNCATE = (
    1 << bit for bit in (0, 1, 2, 3, 7, 8, 14)
)
_FIRST = (1 << 13) - 1  # all that the first version knows
_KNOWS_TRUNCATE = 3
# What a program needs that is linked with others. Files there can be read, if one knows their names, not listed.
_OF_THE_SYSTEM = ("/usr", "/lib", "/lib64")


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def kept_in(program: Sequence[str], writable: str, readable: Iterable[str]) -> tuple[str, ...]:
    """Return the command that runs the command *program* in *writable* and *readable*, absolute paths of folders."""
    return (sys.executable, "-I", "-S", __file__, writable, *readable, "--", *program)


def landlock_version() -> int:
    """Return which version of Landlock the kernel has; 0: none."""
    if sys.platform != "linux":
        return 0
    none, nothing = ctypes.c_void_p(None), ctypes.c_size_t(0)
    version: int = ctypes.CDLL(None).syscall(_CREATE_RULESET, none, nothing, ctypes.c_uint32(_ASK_VERSION))
    return max(0, version)


def keep_in(program: str, writable: str, readable: Iterable[str], version: int) -> None:
    """Take from this thread and all that it starts what lies outside of the folders, but for *program*.

    Raises:
        OSError: the kernel refuses, or a folder is not there.
    """
    truncate = _TRUNCATE if version >= _KNOWS_TRUNCATE else 0
    handled = _FIRST | truncate
    read = _READ_FILE | _READ_DIR
    rights = {path: _EXECUTE | _READ_FILE for path in (*_OF_THE_SYSTEM, program) if os.path.exists(path)}
    rights |= dict.fromkeys(readable, read)
    rights[writable] = read | _WRITE_FILE | _MAKE_DIR | _MAKE_FILE | truncate
    asked = _Ruleset(handled)
    ruleset = _call(
        _CREATE_RULESET, ctypes.byref(asked), ctypes.c_size_t(ctypes.sizeof(asked)), ctypes.c_uint32(0)
    )
    for path, allowed in rights.items():
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = _Beneath(allowed, opened)
        _call(
            _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0)
        )
        os.close(opened)
    _checked(ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


# object: arguments of ctypes, which has no name for what all of them are.
def _call(number: int, *arguments: object) -> int:
    return _checked(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _is_native(program: str) -> bool:
    with open(program, "rb") as file:
        return file.read(4) == b"\x7fELF"


def main(arguments: Sequence[str]) -> None:
    """Do what the module says; does not come back."""
    end = arguments.index("--")
    (writable, *readable), program = arguments[:end], arguments[end + 1 :]
    version = landlock_version()
    if version and _is_native(program[0]):
        keep_in(program[0], writable, readable, version)
    os.execv(program[0], list(program))


if __name__ == "__main__":
    main(sys.argv[1:])
