from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from gonerd.errors import ConfigError, OutputError
from gonerd.files import file_sha256, read_json
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.tasks.finetuning import finetune_task
from gonerd_baselines.tasks.opening import open_model
from gonerd_baselines.tasks.options import TaskOptions, sized
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.trainer import Trainer
from tests.baselines.encoder.families import FULL, LONGFORMER, Family, quiet
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.toy import LABELS, WORDS, RainTask

ROBERTA, BERT = FULL[0], FULL[3]
TEXTS = (" ".join([*WORDS, "rain"] * 4),)
TRAINING = TrainingConfig(epochs=3, learning_rate=5e-3, batch_tokens=512, log_steps=1)
OPTIONS = TaskOptions(step_examples=16)


def start_of(folder: Path, family: Family, head: str | None = None, **more: Any) -> Path:
    return checkpoint_folder(folder, family, TEXTS, head=head, longest=40, **more)


@pytest.mark.parametrize("family", [ROBERTA, BERT, LONGFORMER], ids=str)
def test_a_tiny_model_learns_a_task_and_plain_transformers_opens_it(
    family: Family, tmp_path: Path
) -> None:
    start = start_of(tmp_path / "start", family, learnable=True, initializer_range=0.1)
    out = tmp_path / "out"
    said: list[str] = []
    record = finetune_task(
        RainTask(train=512),
        str(start),
        out,
        recipe={"training": TRAINING, "task": TaskOptions(step_examples=32)},
        note=said.append,
    )
    assert record == read_json(out / "finetune.json")
    assert record["metrics"]["validation"] == record["training"]["best"]["metrics"]
    assert record["metrics"]["test"]["accuracy"] >= 0.95
    assert record["start"]["new_head"]
    assert record["recipe"]["task"]["max_len"] == 40
    assert len([line for line in said if "accuracy" in line]) == 3
    with quiet():
        model = AutoModelForSequenceClassification.from_pretrained(out).eval()
        tokenizer = AutoTokenizer.from_pretrained(out)
    assert tuple(model.config.id2label.values()) == LABELS
    lines = (out / "predictions" / "test.jsonl").read_text().splitlines()
    for line, (text, _) in zip(lines, RainTask().held_out["test"], strict=True):
        with torch.inference_mode():
            theirs = model(**tokenizer(text, return_tensors="pt")).logits.argmax()
        assert json.loads(line)["label"] == LABELS[theirs]
    logged = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert logged[-1]["step"] == record["training"]["steps"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("out")) == [
        "out"
    ]


def test_the_best_weights_are_kept_and_training_ends_when_it_gets_no_better(
    tmp_path: Path,
) -> None:
    start = start_of(tmp_path / "start", ROBERTA, learnable=True)
    config = TrainingConfig(
        epochs=50, learning_rate=3e-3, schedule="constant", patience=2, batch_tokens=512
    )
    record = finetune_task(
        RainTask(), str(start), tmp_path / "out", recipe={"training": config, "task": OPTIONS}
    )
    assert record["training"]["stopped_early"]
    assert record["training"]["best"]["step"] < record["training"]["steps"]
    evaluations = [
        json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()
    ]
    scores = [line["accuracy"] for line in evaluations if "accuracy" in line]
    assert record["metrics"]["validation"]["accuracy"] == max(scores)
    assert scores[-3] == max(scores)


def test_an_interrupted_fine_tuning_goes_on_to_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = start_of(tmp_path / "start", ROBERTA, hidden_dropout_prob=0.1)

    def run(out: Path, **changed: Any) -> dict[str, Any]:
        config = TrainingConfig(epochs=3, batch_tokens=512, save_seconds=0.0, **changed)
        return finetune_task(
            RainTask(), str(start), out, recipe={"training": config, "task": OPTIONS}
        )

    whole = run(tmp_path / "whole")
    step = Trainer._take_step

    def interrupted(self: Trainer) -> Any:
        if self.step == 13:
            raise KeyboardInterrupt
        return step(self)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_take_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(OutputError, match="unfinished training with another beta1"):
        run(tmp_path / "out", beta1=0.5)
    found = run(tmp_path / "out")
    for name in ("model.safetensors", "predictions/test.jsonl"):
        assert file_sha256(tmp_path / "out" / name) == file_sha256(tmp_path / "whole" / name)
    assert found["metrics"] == whole["metrics"]
    assert found["training"]["best"] == whole["training"]["best"]


def test_the_seed_decides_the_new_head(tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", ROBERTA)
    before = torch.random.get_rng_state()
    weights = [
        open_model(RainTask(), str(start), seed=seed).model.head.classifier.dense.weight
        for seed in (1, 1, 2)
    ]
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("family", [ROBERTA, BERT], ids=str)
def test_only_a_head_of_the_tasks_kind_and_labels_is_kept(family: Family, tmp_path: Path) -> None:
    names = {0: "dry", 1: "rain"}
    kept = start_of(tmp_path / "kept", family, "sequence", id2label=names)
    swapped = start_of(tmp_path / "swapped", family, "sequence", id2label={0: "rain", 1: "dry"})
    tokens = start_of(tmp_path / "tokens", family, "token", id2label=names)
    words = start_of(tmp_path / "words", family, "mlm")
    with pytest.raises(
        ConfigError, match=r"other labels \(rain, dry\) than toy/rain \(dry, rain\)"
    ):
        open_model(RainTask(), str(swapped))
    for start, new in ((kept, False), (swapped, True), (tokens, True), (words, True)):
        opened = open_model(RainTask(), str(start), new_head=start == swapped)
        assert opened.new_head is new, start.name
        assert opened.checkpoint.labels == LABELS
        assert opened.checkpoint.kept["problem_type"] == "single_label_classification"
    theirs = from_pretrained(kept, head="sequence").model.state_dict()
    ours = open_model(RainTask(), str(kept)).model.state_dict()
    assert all(torch.equal(tensor, theirs[key]) for key, tensor in ours.items())


def test_a_step_has_as_many_examples_as_are_asked_for(tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", ROBERTA)
    task = RainTask()
    from gonerd_baselines.tasks.reader import reader_of

    examples = task.encoded(reader_of(from_pretrained(start))).train
    mean = len(examples.ids) / len(examples)
    config = sized(TrainingConfig(epochs=1, batch_tokens=10**6), OPTIONS, examples)
    assert config.step_tokens == config.batch_tokens == -(-16 * len(examples.ids) // len(examples))
    small = sized(TrainingConfig(epochs=1, batch_tokens=60), OPTIONS, examples, processes=2)
    assert small.batches_a_step(2) % 2 == 0
    assert 16 * mean <= small.step_tokens < 16 * mean + small.batches_a_step(2)
    assert examples.longest <= small.batch_tokens <= 60
    one = sized(TrainingConfig(epochs=1, batch_tokens=1), OPTIONS, examples)
    assert one.batch_tokens == examples.longest
    plain = sized(
        TrainingConfig(epochs=1, step_tokens=100, batch_tokens=50), TaskOptions(), examples
    )
    assert (plain.step_tokens, plain.batch_tokens) == (100, 50)


def test_what_makes_no_sense_is_refused_before_any_work(tmp_path: Path) -> None:
    start = start_of(tmp_path / "start", ROBERTA)
    with pytest.raises(ConfigError, match="--max-len 41 is more than the 40 tokens"):
        finetune_task(
            RainTask(),
            str(start),
            tmp_path / "out",
            recipe={"training": TRAINING, "task": TaskOptions(max_len=41)},
        )
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").touch()
    with pytest.raises(OutputError, match="out exists already"):
        finetune_task(
            RainTask(), str(start), tmp_path / "out", recipe={"training": TRAINING, "task": OPTIONS}
        )
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"max_len": 0}, "max_len is 0, expected 1 or more"),
        ({"label_smoothing": 1.0}, "label_smoothing is 1.0, expected 0 or more and less than 1"),
        ({"class_weights": "equal"}, "class_weights 'equal' is unknown; expected none or balanced"),
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as problem:
        TaskOptions(**values)
    assert str(problem.value) == said
