"""Packages that are imported when they are used first."""

import builtins
import subprocess
import sys
import threading

import pytest

from vibes_trio.late import late

NOT_BEFORE_THE_FIRST_ANSWER = (
    "coolname",
    "esprima",
    "httpx2",
    "hypercorn",
    "icu",
    "nodesemver",
    "quart",
    "tarfile",
    "trio_websocket",
    "vibes_trio.bundle.build",
    "vibes_trio.client",
    "vibes_trio.content.project",
    "vibes_trio.modules.build.joint",
    "vibes_trio.services.deploy",
)


def test_module_is_run_when_a_name_of_it_is_used(tmp_path, monkeypatch):
    (tmp_path / "late_example.py").write_text("import late_example_part\nanswer = 42\n")
    (tmp_path / "late_example_part.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    module = late("late_example")

    assert "late_example_part" not in sys.modules
    assert module.answer == 42
    assert "late_example_part" in sys.modules
    assert late("late_example") is sys.modules["late_example"]


def test_threads_that_come_while_it_is_imported_find_all_of_it(tmp_path, monkeypatch):
    (tmp_path / "late_slow.py").write_text("import threading\nstarted.set()\ngo.wait(10)\nanswer = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    started, go = threading.Event(), threading.Event()
    monkeypatch.setattr(builtins, "started", started, raising=False)
    monkeypatch.setattr(builtins, "go", go, raising=False)
    module = late("late_slow")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(module.answer)) for _ in range(2)]

    for thread in threads:
        thread.start()
    started.wait(10)
    go.set()
    for thread in threads:
        thread.join(10)

    assert answers == [42, 42]


def test_missing_module_is_found_missing_at_once():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        late("no_such_module")


def test_start_of_the_server_imports_nothing_that_can_wait():
    program = (
        "import sys, types, vibes_trio.commands.serve;"
        f"print([n for n in {NOT_BEFORE_THE_FIRST_ANSWER} if type(sys.modules.get(n)) is types.ModuleType])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
