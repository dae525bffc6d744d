from __future__ import annotations

import json
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.files import read_json
from gonerd_baselines.tasks.catalogue import TASKS
from gonerd_baselines.tasks.qa.task import QUESTION_TASKS
from gonerd_baselines.training.recipe import recipe_names
from tests.baselines.encoder.families import FULL
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.qa.sources import BRIDGE, RAIN, asked, hotpotqa, saved, squad


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("m") / "start"
    return checkpoint_folder(folder, FULL[3], [BRIDGE, RAIN], longest=80)


def words_of(task: str, start: Path, data: Path, out: Path, *more: str) -> list[str]:
    command = ["finetune", "--task", task, "--from", str(start), "--data", str(data)]
    return [*command, "--out", str(out), "--epochs", "1", "--max-len", "60", *more]


def test_every_task_is_in_the_catalogue_with_a_recipe_of_its_own() -> None:
    assert set(QUESTION_TASKS) <= set(TASKS)
    assert set(QUESTION_TASKS) <= set(recipe_names("finetune"))


def test_a_checkpoint_is_fine_tuned_on_squad_by_one_command(
    start: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    qas = [asked("a", RAIN, "Nobody"), asked("b", RAIN, is_impossible=True)]
    for name in ("train", "dev"):
        saved(tmp_path / "data" / f"{name}.json", squad((RAIN, qas)))
    out = tmp_path / "out"
    words = words_of("squad", start, tmp_path / "data", out)
    assert run([*words, "--set", "stride=5", "--set", "questions.null_threshold=1e9"]) == 0
    assert capfd.readouterr().out.startswith(f"{out}: validation exact_match 0.")
    record = read_json(out / "finetune.json")
    assert record["recipe"]["questions"] == {
        "stride": 5,
        "longest_question": None,
        "longest_answer": 30,
        "kept_answers": 5,
        "null_threshold": 1e9,
    }
    assert record["recipe"]["training"]["learning_rate"] == 1.5e-5
    assert record["metrics"]["validation"]["unanswerable_exact_match"] == 0
    assert record["data"]["rule"] == "SQuAD 2.0"
    assert record["data"]["splits"]["train"]["without_answer"] == 1
    assert record["data"]["windows"]["train"]["windows"] == 2
    assert str(tmp_path) not in (out / "finetune.json").read_text()
    lines = (out / "predictions" / "validation.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b"]


def test_hotpotqa_in_a_single_file_is_split_and_learned(start: Path, tmp_path: Path) -> None:
    records = [
        hotpotqa(str(number), "yes", context=[["Oz", [f"It has {number} bridges."]]])
        for number in range(5)
    ]
    path = saved(tmp_path / "h.json", records)
    assert run(words_of("hotpotqa", start, path, tmp_path / "out")) == 0
    record = read_json(tmp_path / "out" / "finetune.json")
    assert record["examples"]["train"]["examples"] == 4
    assert record["recipe"]["training"]["learning_rate"] == 3e-5


@pytest.mark.parametrize(
    ("more", "said", "status"),
    [
        (["--set", "stride=-1"], "--set stride=-1: stride is -1, expected 0 or more", 2),
        (["--set", "strides=1"], "'strides' is unknown; expected", 2),
        (["--set", "stride=59"], "of question 'a', expected more than the stride of 59", 2),
        (["--max-len", "900"], "more than the 80 tokens that", 2),
        (["--data", "nowhere.json"], "nowhere.json does not exist; expected a folder", 1),
        (["--dataset", "sample"], "--dataset is for ner; squad takes --data", 2),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(
    more: list[str],
    said: str,
    status: int,
    start: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "data"
    for name in ("train", "dev"):
        saved(path / f"{name}.json", squad((RAIN, [asked("a", RAIN, "Nobody")])))
    assert run([*words_of("squad", start, path, tmp_path / "out"), *more]) == status
    problem = capfd.readouterr().err
    assert said in problem
    assert problem.count("\n") == 1
    assert not (tmp_path / "out").exists()
