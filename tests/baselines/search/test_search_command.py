from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.files import read_json
from tests.baselines.encoder.families import FULL
from tests.baselines.search.ray_processes import wait_until_gone
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.glue_data import WORDS, write_original
from tests.places import ROOT

PARTS = ("", "scraper", "annotation", "baselines", "leaderboard")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint_folder(tmp_path_factory.mktemp("m") / "start", FULL[0], WORDS * 3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_original(tmp_path_factory.mktemp("d") / "glue", "rte", rows=16)


def words_of(start: Path, data: Path, out: Path, *more: str) -> list[str]:
    command = ["search", "--task", "glue/rte", "--from", str(start), "--data", str(data)]
    return [*command, "--out", str(out), "--epochs", "2", "--max-len", "40", *more]


def environment() -> dict[str, str]:
    paths = [*(str(ROOT / part) for part in PARTS), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def test_a_killed_search_goes_on_when_the_same_command_runs_again(
    start: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rte"
    # Long enough that a member is in the middle of a slice when the end comes.
    options = ("--population", "2", "--processes", "1", "--seed", "2", "--set", "step_examples=1")
    words = words_of(start, data, out, *options, "--set-range", "learning_rate=1e-6..1e-2:log")
    process = subprocess.Popen(
        [sys.executable, "-m", "gonerd", *words], env=environment(), cwd=tmp_path
    )
    book = tmp_path / "rte.unfinished" / "population.jsonl"
    ends = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < ends:
        if book.is_file() and book.read_text().count("\n") >= 4:  # the second slice is open
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    session = (book.parent / "ray.txt").read_text()
    assert wait_until_gone(session) == []
    done = [json.loads(line) for line in book.read_text().splitlines()]
    assert any(line.get("exploits") for line in done)
    assert not out.exists()

    capfd.readouterr()
    assert run([*words, "--quantile", "0.5"]) == 1
    assert (
        "rte.unfinished holds an unfinished search with another search;" in capfd.readouterr().err
    )
    assert run(words) == 0
    said = capfd.readouterr()
    assert said.out.startswith(f"{out}: validation accuracy ")
    assert "of 2, step " in said.out
    assert "in all; at the end learning_rate " in said.out
    assert "going on in slice " in said.err
    assert "Traceback" not in said.err
    record = read_json(out / "search.json")
    for line in done:
        if "begins" in line:
            for member, begin in enumerate(line["begins"]):
                found = record["members"][member]["history"][line["slice"]]
                assert {key: found[key] for key in begin} == begin
            assert all(each in record["exploits"] for each in line["exploits"])
        else:
            found = record["members"][line["member"]]["history"][line["slice"]]
            assert all(found[key] == line[key] for key in ("step", "metrics", "best", "seconds"))
    assert not Path(session).exists()
    assert not book.parent.exists()

    other = ["--task", "glue/rte", "--from", str(start), "--data", str(data), "--seed", "3"]
    replay = ["search", *other, "--out", str(tmp_path / "r"), "--replay", str(out / "search.json")]
    assert run(replay) == 0
    assert capfd.readouterr().out.startswith(f"{tmp_path / 'r'}: validation accuracy ")
    replayed = read_json(tmp_path / "r" / "finetune.json")
    assert replayed["recipe"]["training"]["seed"] == 3
    assert replayed["recipe"]["training"]["epochs"] == 2
    rates = [each["hyperparameters"] for each in record["winner"]["schedule"]]
    assert replayed["schedule"] == [{**each, "evaluations": 1} for each in rates]
    assert run([*replay, "--population", "3"]) == 2
    assert "--population is for a search, not --replay" in capfd.readouterr().err

    assert run(words) == 1
    assert "exists already; give another name, or --force to replace it" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (["--population", "1"], "population is 1, expected 2 or more", 2),
        (
            ["--set-range", "lr=1..2"],
            "--set-range lr=1..2: 'lr' is unknown; expected learning_rate",
            2,
        ),
        (["--set-range", "clip=2..1"], "2 to 1 is empty; expected low below high", 2),
        (["--space", "nowhere.toml"], "recipe nowhere.toml does not exist", 2),
        (
            ["--space", "wide"],
            "recipe 'wide' is unknown; expected a TOML file, or one of finetune",
            2,
        ),
        (["--epochs", "1"], "the training has 1 evaluation and a turn comes after 1; expected", 2),
        (["--set", "evaluate_steps=3"], "a search counts evaluations; expected a recipe with", 2),
        (["--task", "glue/ax"], "task 'glue/ax' is unknown; expected one of ner, ", 2),
        (["--dataset", "sample"], "--dataset is for ner; glue/rte takes --data", 2),
        (["--task", "ner"], "--data is for tasks other than ner, which takes --dataset", 2),
        (["--gpus-per-trial", "1"], "--gpus-per-trial is for --device cuda", 2),
        (["--device", "cuda:1"], "device cuda:1 names one GPU; a search shares them out itself", 2),
        (["--max-len", "4000"], "--max-len 4000 is more than the 128 tokens that start has", 2),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    words: list[str],
    said: str,
    status: int,
    start: Path,
    data: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(words_of(start, data, tmp_path / "out", *words)) == status
    shown = capfd.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_only_the_record_of_a_search_is_replayed(
    start: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "search.json"
    record.write_text('{"recipe": {}}')
    words = ["search", "--task", "glue/rte", "--from", str(start), "--data", str(data)]
    assert run([*words, "--out", str(tmp_path / "out"), "--replay", str(record)]) == 1
    assert f"{record} is no record of a finished search" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == [record]


def test_without_the_extra_one_sentence_names_it(start: Path, data: Path, tmp_path: Path) -> None:
    """An interpreter in which ray can't be imported stands for one that does not have it."""
    words = words_of(start, data, tmp_path / "out")
    code = (
        "import sys; sys.modules['ray'] = None; from gonerd.cli.main import run; "
        f"sys.exit(run({words!r}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=120
    )
    assert ran.returncode == 1
    assert ran.stderr == "gonerd: gonerd search needs ray; pip install 'gonerd[scale]'\n"
    assert list(tmp_path.iterdir()) == []
