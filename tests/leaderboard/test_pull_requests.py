"""What a pull request's submissions meet: `.ci/submissions`, and the workflow that calls it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gonerd_leaderboard.submission import submit
from tests.leaderboard.factory import change_result, make_run
from tests.places import ROOT

AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("request") / "run", n=12)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit on main."""
    folder = tmp_path / "clone"
    (folder / "leaderboard" / "submissions").mkdir(parents=True)
    (folder / "leaderboard" / "submissions" / ".gitkeep").touch()
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *AUTHOR, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "more")
    return git(folder, "rev-parse", "HEAD")


def verified(clone: Path, base: str, head: str) -> subprocess.CompletedProcess[str]:
    folders = ("", "scraper", "annotation", "baselines", "leaderboard")
    environment = os.environ | {
        "PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in folders),
    }
    environment.pop("GONERD_DATASET", None)
    return subprocess.run(
        [ROOT / ".ci" / "submissions", clone, base, head],
        check=False, capture_output=True, text=True, env=environment,
    )  # fmt: skip


def test_a_request_with_a_submission_alone_is_verified(clone: Path, made: Path) -> None:
    base = git(clone, "rev-parse", "HEAD")
    place = submit(made, clone / "leaderboard" / "submissions")
    good = verified(clone, base, commit(clone))
    assert good.returncode == 0, good.stderr
    assert "1 submission: 1 self-reported" in good.stdout
    change_result(place, "scores.full.tp", 1)
    bad = verified(clone, base, commit(clone))
    assert bad.returncode == 1
    assert "scores.full" in bad.stderr


def test_a_request_that_changes_anything_else_is_refused(clone: Path, made: Path) -> None:
    base = git(clone, "rev-parse", "HEAD")
    submit(made, clone / "leaderboard" / "submissions")
    (clone / "leaderboard" / "verified.json").write_text("{}")
    done = verified(clone, base, commit(clone))
    assert done.returncode == 1
    assert "changes nothing else; found leaderboard/verified.json" in done.stderr


def test_a_request_can_not_lead_elsewhere_by_a_link(clone: Path, made: Path) -> None:
    base = git(clone, "rev-parse", "HEAD")
    submissions = clone / "leaderboard" / "submissions"
    shutil.rmtree(submissions)
    submit(made, clone.parent / "elsewhere")
    submissions.symlink_to(clone.parent / "elsewhere")
    done = verified(clone, base, commit(clone))
    assert done.returncode == 1
    assert "submissions is no folder" in done.stderr


def test_the_workflow_runs_trusted_code_with_a_token_that_only_reads() -> None:
    text = (ROOT / ".github" / "workflows" / "submissions.yml").read_text(encoding="utf-8")
    workflow: dict[Any, Any] = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert set(workflow[True]) == {
        "pull_request"
    }  # YAML's `on`; pull_request_target has a token that writes
    steps = workflow["jobs"]["verify"]["steps"]
    checkouts = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    assert [each["path"] for each in checkouts] == ["trusted", "incoming"]
    assert "base.sha" in checkouts[0]["ref"]
    assert all(each["persist-credentials"] is False for each in checkouts)
    commands = [step["run"] for step in steps if "run" in step]
    assert not any("${{" in command for command in commands)  # a branch's name is no command
    assert not any("incoming/" in command for command in commands)
