from __future__ import annotations

import json
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.files import file_sha256, read_json
from tests.baselines.encoder.families import FULL
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.glue_data import WORDS, write_original


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint_folder(tmp_path_factory.mktemp("m") / "start", FULL[0], WORDS * 3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_original(tmp_path_factory.mktemp("d") / "glue", "rte", rows=32)


def words_of(start: Path, data: Path, out: Path, *more: str) -> list[str]:
    command = ["finetune", "--task", "glue/rte", "--from", str(start), "--data", str(data)]
    return [*command, "--out", str(out), "--epochs", "2", *more]


def test_a_task_is_fine_tuned_by_one_command(
    start: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rte"
    assert run(words_of(start, data, out, "--seed", "3", "--max-len", "40")) == 0
    said = capfd.readouterr()
    assert said.out.startswith(f"{out}: validation accuracy 0.")
    assert "of 2), " in said.out
    assert "step 2 (100%): accuracy" in said.err
    record = read_json(out / "finetune.json")
    recipe = record["recipe"]
    assert (recipe["training"]["seed"], recipe["training"]["epochs"]) == (3, 2)
    assert (recipe["task"]["max_len"], recipe["task"]["step_examples"]) == (40, 32)
    assert recipe["training"]["learning_rate"] == 2e-5
    assert record["data"]["splits"]["train"]["files"][0]["sha256"] == file_sha256(
        data / "RTE" / "train.tsv"
    )
    written = (out / "finetune.json").read_text()
    assert str(tmp_path) not in written
    assert str(data.parent) not in written

    assert run(words_of(start, data, out)) == 1
    assert "exists already; give another name, or --force to replace it" in capfd.readouterr().err
    again = words_of(start, data, out, "--seed", "3", "--max-len", "40", "--force", "--json")
    assert run(again) == 0
    other = json.loads(capfd.readouterr().out)
    assert other["metrics"] == record["metrics"]


def test_a_recipe_and_settings_change_what_is_done(start: Path, data: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        "[task]\nlabel_smoothing = 0.1\nclass_weights = 'balanced'\n[training]\nsteps = 9\nseed = 5\n"
    )
    words = words_of(start, data, tmp_path / "rte", "--recipe", str(recipe))
    assert run([*words, "--set", "layer_decay=0.9", "--set", "step_tokens=300"]) == 0
    found = read_json(tmp_path / "rte" / "finetune.json")["recipe"]
    assert found["task"]["label_smoothing"] == 0.1
    assert found["task"]["class_weights"] == "balanced"
    training = found["training"]
    assert (training["epochs"], training["steps"], training["seed"]) == (2, None, 5)
    assert training["layer_decay"] == 0.9
    assert training["step_tokens"] >= 300


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (["--task", "glue/rte"], "glue/rte is learned on a checkpoint; name it by --from MODEL", 2),
        (["--max-len", "9"], "--max-len is for --from MODEL", 2),
        (["--attention-backend", "sdpa"], "--attention-backend is for --from MODEL", 2),
        (["--from", "m", "--max-seconds", "9"], "--max-seconds is for --from scratch", 2),
        (["--from", "m", "--data", "d"], "--data is for tasks other than ner, which takes", 2),
        (
            ["--from", "m", "--task", "glue/rte", "--dataset", "sample"],
            "--dataset is for ner; glue/rte takes --data",
            2,
        ),
        (["--from", "m", "--task", "glue/ax"], "task 'glue/ax' is unknown; expected one of", 2),
        (
            ["--from", "m", "--task", "glue/rte", "--data", "nowhere"],
            "nowhere is no folder; glue/rte reads RTE/train.tsv in one",
            1,
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    words: list[str], said: str, status: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["finetune", "--out", str(tmp_path / "out"), *words]) == status
    shown = capfd.readouterr().err
    assert said in shown
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_and_a_missing_model_are_one_sentence(
    start: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = write_original(tmp_path / "glue", "rte")
    (broken / "RTE" / "dev.tsv").unlink()
    assert run(words_of(start, broken, tmp_path / "out")) == 1
    assert "RTE has no dev.tsv (nor .xz, .gz, .zst), which RTE needs" in capfd.readouterr().err
    assert run(words_of(tmp_path / "none", data, tmp_path / "out")) == 1
    assert "none" in capfd.readouterr().err
    assert run(words_of(start, data, tmp_path / "out", "--max-len", "4000")) == 2
    assert "--max-len 4000 is more than the 128 tokens that start has" in capfd.readouterr().err
    assert run(words_of(start, data, tmp_path / "out", "--recipe", "nlu")) == 2
    assert "recipe 'nlu' is unknown; expected a TOML file, or one of" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["glue"]
