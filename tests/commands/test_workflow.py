"""The recipe for CI in the README, run as it stands against a server: a branch, then a tag."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from served import Served, serving_people

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SECTION = README.partition("\n## Environments and CI\n")[2].partition("\n## ")[0]


def block(language: str) -> str:
    """The one block of that language in the section."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return str(found)


def deploy(served: Served, folder: Path, ref: str) -> str:
    """Run the script as a job of CI does; return what it says the address is."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "vibes-trio"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vibes_trio "$@"\n')
    program.chmod(0o755)
    output = folder / "output"
    env = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "VIBES_DEVICE_ID": (served.folder / "ada.json").read_text(),
        "GITHUB_OUTPUT": str(output),
    }
    done = subprocess.run(
        ["sh", ".github/deploy.sh", ref],
        cwd=folder / "app",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    url = done.stdout.strip()
    assert output.read_text().splitlines()[-1] == f"url={url}"
    return url


def test_a_branch_is_tried_out_and_a_tag_is_what_the_app_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "served").mkdir()
    app = tmp_path / "app"
    (app / ".github").mkdir(parents=True)
    (app / "App.jsx").write_text("export default () => <p>hello</p>;\n")
    (app / ".github" / "deploy.sh").write_text(block("sh"))
    with serving_people(tmp_path / "served") as served:
        (app / "vibes.toml").write_text(block("toml").replace("https://vibes.example.org", served.url))

        tried = deploy(served, tmp_path, "refs/heads/main")
        published = deploy(served, tmp_path, "refs/tags/v1")
        assert served.run("versions", "shop", "--json") == 0

    assert re.match(r"http://shop--ada\.localhost:\d+/~z\w+~", tried)
    assert tried != published, "the banner of branches is another env, so another release"
    assert '"published": true' in capsys.readouterr().out


def test_the_job_runs_that_script_with_the_key_as_its_one_secret() -> None:
    job = block("yaml")

    assert 'sh .github/deploy.sh "$GITHUB_REF"' in job
    assert re.findall(r"secrets\.(\w+)", job) == ["VIBES_DEVICE_ID"]
    assert "steps.deploy.outputs.url" in job
