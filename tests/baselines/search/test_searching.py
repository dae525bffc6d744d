"""A real population of four on this machine's processors, by Ray Tune."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from gonerd.errors import ConfigError, OutputError
from gonerd.files import read_json
from gonerd_baselines.search.config import SearchConfig
from gonerd_baselines.search.population import score_of
from gonerd_baselines.search.replaying import replay_task
from gonerd_baselines.search.searching import search_task
from gonerd_baselines.search.slices import begun_slice, train_slice
from gonerd_baselines.search.space import read_space, with_hyperparameters
from gonerd_baselines.tasks.options import TaskOptions
from gonerd_baselines.tasks.task_training import task_training
from gonerd_baselines.training.config import TrainingConfig
from tests.baselines.encoder.families import FULL, quiet
from tests.baselines.search.ray_processes import wait_until_gone
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.toy import WORDS, RainTask

TASK = RainTask(train=192)
RECIPE = {
    "training": TrainingConfig(epochs=3, batch_tokens=512, schedule="constant", seed=3),
    "task": TaskOptions(step_examples=16),
}
RANGES = ["learning_rate=1e-9..8e-3:log", "weight_decay=0..0.1", "layer_decay=0.9..0.99"]
SPACE = read_space(None, [*RANGES, "label_smoothing=0..0.1", "dropout=0..0.1"])
"""Of four members only one has a learning rate in the quarter of the range that learns anything."""
CONFIG = SearchConfig(population=4, resample=0.0)


@dataclass(frozen=True)
class Searched:
    start: Path
    out: Path
    record: dict[str, Any]
    said: list[str]
    session: str
    """The folder of Ray's own files."""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    folder = tmp_path_factory.mktemp("search")
    start = checkpoint_folder(
        folder / "start",
        FULL[0],
        (" ".join([*WORDS, "rain"] * 4),),
        longest=40,
        learnable=True,
        initializer_range=0.1,
    )
    out = folder / "out"
    said: list[str] = []
    sessions: list[str] = []

    def note(message: str) -> None:
        said.append(message)
        sessions.append((folder / "out.unfinished" / "ray.txt").read_text())

    record = search_task(
        TASK, str(start), out, recipe=RECIPE, space=SPACE, config=CONFIG, processes=1, note=note
    )
    return Searched(start, out, record, said, sessions[0])


def test_the_worst_copies_the_best_and_learns_what_it_never_could(searched: Searched) -> None:
    members, exploits = searched.record["members"], searched.record["exploits"]
    assert [len(each["history"]) for each in members] == [3] * 4
    rates = [each["history"][0]["hyperparameters"]["learning_rate"] for each in members]
    assert sum(rate > 1e-4 for rate in rates) == 1
    assert [each["slice"] for each in exploits] == [1, 2]  # the worst quarter of four, at each turn
    copied = [e for e in exploits if e["source_metrics"]["accuracy"] > e["metrics"]["accuracy"]]
    assert copied
    for each in copied:
        history = members[each["member"]]["history"]
        before, after = history[each["slice"] - 1 : each["slice"] + 1]
        assert each["source"] != each["member"]
        assert after["source"] == each["source"]
        assert before["hyperparameters"] == each["before"]
        assert after["hyperparameters"] == each["after"]
        source = members[each["source"]]["history"][each["slice"] - 1]
        assert source["hyperparameters"] == each["copied"]
        assert source["step"] == each["step"] == before["step"]
        for key, value in each["after"].items():
            near = [SPACE[key].within(each["copied"][key] * factor) for factor in (0.8, 1.2)]
            assert value in near, key
        line = f"member {each['member']} copies member {each['source']}: learning_rate "
        assert any(said.startswith(line) for said in searched.said)
    last = copied[-1]
    grown = members[last["member"]]["history"][-1]["metrics"]["accuracy"]
    assert grown > last["metrics"]["accuracy"] + 0.1
    assert last["before"]["learning_rate"] < 1e-4 < last["after"]["learning_rate"]


def test_the_best_model_is_written_as_by_finetune(searched: Searched) -> None:
    record, out = searched.record, searched.out
    tuned = read_json(out / "finetune.json")
    winner = record["winner"]
    best = max(
        line["metrics"]["accuracy"] for each in record["members"] for line in each["history"]
    )
    assert (
        best == winner["best"]["metrics"]["accuracy"] == tuned["metrics"]["validation"]["accuracy"]
    )
    assert tuned["training"]["best"] == winner["best"]
    last = winner["schedule"][-1]["hyperparameters"]
    recipe = tuned["recipe"]
    assert {**recipe["training"], **recipe["task"]}.items() >= last.items()
    assert not {"learning_rate", "dropout"} & {
        *record["recipe"]["training"],
        *record["recipe"]["task"],
    }
    names = {path.name for path in out.iterdir()}
    assert names >= {"config.json", "tokenizer.json", "log.jsonl", "finetune.json", "search.json"}
    saved = read_json(out / "search.json")
    assert {**saved, "metrics": tuned["metrics"]} == record
    assert str(out.parent) not in (out / "search.json").read_text()
    assert sorted(p.name for p in (out / "predictions").iterdir()) == [
        "test.jsonl",
        "validation.jsonl",
    ]
    logged = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert logged[-1]["step"] == winner["schedule"][-1]["to_step"]
    with quiet():
        AutoModelForSequenceClassification.from_pretrained(out)


def test_nothing_is_left_behind(searched: Searched) -> None:
    assert wait_until_gone(searched.session) == []
    assert not Path(searched.session).exists()
    assert Path(searched.session).is_relative_to(tempfile.gettempdir())
    assert not searched.out.with_name("out.unfinished").exists()


@pytest.fixture
def as_many_threads() -> Iterator[None]:
    """As a member has that trains alone: sums may differ in their last digits by how they are shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    yield
    torch.set_num_threads(before)


def replay(start: Path, out: Path, history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One training with these hyperparameters in turn, which has the metrics of `history` on its way."""
    record = replay_task(
        TASK,
        str(start),
        out,
        recipe=RECIPE,
        schedule=[each["hyperparameters"] for each in history],
        every=1,
    )
    logged = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    judged = {line["step"]: line["accuracy"] for line in logged if "accuracy" in line}
    assert judged == {each["step"]: each["metrics"]["accuracy"] for each in history}
    return record


def test_a_schedule_is_replayed_by_one_training(
    searched: Searched, tmp_path: Path, as_many_threads: None
) -> None:
    """The winner's to its weights, and that of one who copied, across the copy, to the same metrics."""
    schedule = [{**each, "step": each["to_step"]} for each in searched.record["winner"]["schedule"]]
    replayed = replay(searched.start, tmp_path / "winner", schedule)
    assert replayed["metrics"] == searched.record["metrics"]
    ours = load_file(tmp_path / "winner" / "model.safetensors")
    theirs = load_file(searched.out / "model.safetensors")
    assert set(ours) == set(theirs)
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, atol=1e-6, rtol=1e-5)
    exploit = searched.record["exploits"][-1]
    members = searched.record["members"]
    path = [exploit["member"]]
    for number in (2, 1):
        path.insert(0, members[path[0]]["history"][number]["source"])
    assert path[1] == exploit["source"]
    lineage = [members[member]["history"][number] for number, member in enumerate(path)]
    replay(searched.start, tmp_path / "copy", lineage)


def test_a_loss_that_is_no_number_is_the_worst_result_and_no_end(
    searched: Searched, tmp_path: Path
) -> None:
    def train(rate: float) -> dict[str, Any]:
        recipe = with_hyperparameters(RECIPE, {"learning_rate": rate})
        tuned = task_training(TASK, str(searched.start), recipe=recipe)
        return train_slice(
            tuned, begun_slice(tmp_path, member=0, number=0, source=0), evaluations=1
        )

    lost = train(1e30)
    assert lost["problem"] == f"loss or gradient is not finite in step {lost['step'] + 1}"
    assert lost["metrics"] is lost["best"] is None
    assert score_of(lost["metrics"], "accuracy") == -math.inf
    found = train(1e-3)
    assert found["problem"] is None
    assert found["step"] == searched.record["members"][0]["history"][0]["step"]
    assert score_of(found["metrics"], "accuracy") == found["best"]["metrics"]["accuracy"]


def test_another_search_does_not_go_on_with_what_is_unfinished(
    searched: Searched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(config: SearchConfig = CONFIG, **more: Any) -> None:
        search_task(
            TASK,
            str(searched.start),
            tmp_path / "out",
            recipe=RECIPE,
            config=config,
            **{"space": SPACE, **more},
        )

    work = tmp_path / "out.unfinished"
    work.mkdir()
    (work / "state.pt").touch()
    with pytest.raises(OutputError, match="holds something unfinished that is no search; move"):
        run()
    (work / "state.pt").unlink()
    begun = {
        key: searched.record[key]
        for key in ("task", "metric", "start", "recipe", "search", "slices", "space", "data")
    }
    (work / "search.json").write_text(json.dumps({"schema_version": 1, **begun}))
    with pytest.raises(
        OutputError, match="unfinished search with another recipe and search and space; ask"
    ):
        run(SearchConfig(population=5, resample=0.0), space=read_space(None, ["dropout=0..0.1"]))
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="run it without accelerate launch or torchrun"):
        run()
