"""The wheel: built, installed without this checkout, it carries and runs everything."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.test_project import COMMANDS


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and with this one's libraries but not this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    site = next((folder / "env").glob("lib/python*/site-packages"))
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True)
    # a path file's lines are searched, but path files there are not read: no editable install comes with it
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def said(python: Path, folder: Path, *words: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs_every_command(python: Path, tmp_path: Path) -> None:
    where = said(python, tmp_path, "-c", "import gonerd; print(gonerd.__file__)")
    assert str(ROOT) not in where
    code = (
        "import sys\nfrom gonerd.cli.main import run\n"
        f"for words in {[list(path) for path, _ in COMMANDS]!r}:\n"
        "    assert run([*words, '--help']) == 0, words\n"
    )
    assert said(python, tmp_path, "-c", code).count("Usage: gonerd") == len(COMMANDS)


def test_the_wheel_carries_the_sample_and_all_that_commands_read(
    python: Path, tmp_path: Path
) -> None:
    gonerd = ["-m", "gonerd.cli.main"]
    said(
        python, tmp_path, *gonerd, "eval", "--model", "rules", "--dataset", "sample", "--out", "run"
    )
    said(python, tmp_path, *gonerd, "report", "run", "--html", "report.html")
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
    card = "--license", "Apache-2.0", "--training-data", "none", "--exposure", "none"
    said(python, tmp_path, *gonerd, "submit", "run", "--to", "submissions", *card)
    said(python, tmp_path, *gonerd, "leaderboard", "build", "submissions", "--out", "page")
    assert "rules" in (tmp_path / "page" / "plain.html").read_text(encoding="utf-8").lower()
    said(python, tmp_path, *gonerd, "newsroom", "gold", "--articles", "30", "--out", "gold.jsonl")
    assert "Choices" in said(python, tmp_path, *gonerd, "annotate", "config")
    plan = said(python, tmp_path, *gonerd, "reproduce", "table6", "--scale", "tiny", "--plan")
    assert "gonerd pretrain --tokens" in plan
    code = (
        "from gonerd_baselines.training.recipe import recipe_names\n"
        "for command in ('pretrain', 'distill', 'finetune'):\n    print(recipe_names(command))"
    )
    recipes = said(python, tmp_path, "-c", code)
    assert all(name in recipes for name in ("'roberta'", "'mha'", "'ner'"))
