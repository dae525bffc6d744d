"""`gonerd submit` as a command: what it asks for, and what arrives on the Hub."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gonerd_leaderboard.cli.submit import submit
from tests.hub.client import gonerd_on
from tests.hub.repository import Repository
from tests.hub.server import Hub, hub_on_loopback
from tests.leaderboard.factory import make_run
from tests.places import ROOT

REPO = "me/leaderboard"
CARD = ("--license", "MIT", "--training-data", "invented articles", "--exposure", "none")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("sending") / "run", n=12, licence=None)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_on_loopback() as running:
        yield running


def card_in(submissions: Path) -> dict[str, str]:
    (place,) = submissions.glob("*/*/model.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


def test_without_a_terminal_what_is_missing_is_named(made: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(submit, [str(made), "--to", str(tmp_path / "to")])
    assert str(done.exception).endswith(
        "there is no terminal to ask on; expected --license, --training-data, --exposure"
    )
    assert not (tmp_path / "to").exists()


def test_on_a_terminal_what_is_missing_is_asked_for(made: Path, tmp_path: Path) -> None:
    master, terminal = pty.openpty()
    words = ["submit", str(made), "--to", str(tmp_path / "to"), "--contact", "ada@example.org"]
    with subprocess.Popen(
        [sys.executable, "-m", "gonerd", *words],
        stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        os.write(master, b"\nMIT\nnews of 2020\nmaybe\nunknown\n")
        _, said = process.communicate(timeout=60)
    os.close(terminal)
    os.close(master)
    assert process.returncode == 0, said
    assert "'maybe' is not one of" in said
    assert card_in(tmp_path / "to") == {
        "name": "acme/tagger",
        "license": "MIT",
        "training_data": "news of 2020",
        "exposure": "unknown",
        "contact": "ada@example.org",
    }
    assert "git switch -c submit-acme--tagger-00000000" in said


def test_how_to_send_it_survives_any_name(made: Path, tmp_path: Path) -> None:
    name = "it's $(rm -rf /) `x`"
    said = CliRunner().invoke(
        submit, [str(made), "--to", str(tmp_path / "to"), "--name", name, *CARD]
    )
    assert said.exit_code == 0, said.output
    assert """git commit -m 'Submit it'"'"'s $(rm -rf /) `x`'""" in said.stderr


def test_a_pull_request_holds_the_submission_and_is_opened_once(
    hub: Hub, made: Path, tmp_path: Path
) -> None:
    hub.repositories[REPO] = Repository(private=False)
    words = ("submit", str(made), "--to", "to", "--hub", REPO, *CARD)
    said = gonerd_on(hub, tmp_path, *words)
    assert said.returncode == 0, said.stderr
    address = f"{hub.address}/datasets/{REPO}/discussions/1"
    assert f"{address} waits" in said.stdout
    (place,) = (tmp_path / "to").glob("*/*")
    repository = hub.repositories[REPO]
    sent = repository.at("refs/pr/1")
    assert sent is not None
    below = f"submissions/{place.parent.name}/{place.name}"
    assert {name: file.content for name, file in sent.files.items() if "/" in name} == {
        f"{below}/{path.name}": path.read_bytes() for path in place.iterdir()
    }
    again = gonerd_on(hub, tmp_path, *words)
    assert again.returncode == 0, again.stderr
    assert f"{address} waits" in again.stdout
    assert repository.named("refs/pr/").keys() == {"1"}
    repository.refs["refs/heads/main"] = repository.refs["refs/pr/1"]  # merged
    there = gonerd_on(hub, tmp_path, *words)
    assert there.returncode == 1
    assert f"{REPO} has {below} already, with the same files" in there.stderr


def test_what_keeps_it_from_the_hub_is_one_sentence(hub: Hub, made: Path, tmp_path: Path) -> None:
    words = ("submit", str(made), "--to", "to", *CARD, "--hub")
    for repo, token, message in (
        (REPO, None, f"{REPO} does not exist or can't be seen with this token"),
        ("one", None, "'one' names no repository; expected NAMESPACE/NAME"),
        (REPO, "", "there is no token for the Hub: set HF_TOKEN"),
    ):
        said = gonerd_on(hub, tmp_path, *words, repo, token=token)
        assert said.returncode in (1, 2)
        assert message in said.stderr
        assert "Traceback" not in said.stderr
