"""What is counted of predictions, against scikit-learn's numbers and what a training said of itself."""

import random
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from gonerd.files import write_json
from gonerd.records import write_json_lines
from gonerd_baselines.reproduction.cell import RunScores
from gonerd_baselines.reproduction.measuring import scores_of_step
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.step import Step


def written(folder: Path, task: str, metrics: dict, rows: list[dict]) -> RunScores:
    step = Step(name="run", kind="finetune", settings={"task": task}, data={"task": ("x",)})
    out = Places(folder).out("run")
    (out / "predictions").mkdir(parents=True)
    write_json(out / "finetune.json", {"metrics": metrics})
    write_json_lines(out / "predictions" / "validation.jsonl", rows)
    return scores_of_step(step, Places(folder))


def ratio(scores: RunScores, metric: str) -> float:
    part, whole = scores.counts[metric].sum(axis=0)
    return float(part / whole)


def test_classes_are_counted_as_scikit_learn_does(tmp_path: Path) -> None:
    chance = random.Random(0)
    names = ("not_equivalent", "equivalent")
    rows = [
        {"id": n, "label": chance.choice(names), "gold": chance.choice(names)} for n in range(200)
    ]
    said, right = ([row[key] == "equivalent" for row in rows] for key in ("label", "gold"))
    metrics = {"accuracy": accuracy_score(right, said), "f1": f1_score(right, said), "mean": 0.5}
    scores = written(tmp_path, "glue/mrpc", {"validation": metrics}, rows)
    assert ratio(scores, "accuracy") == pytest.approx(metrics["accuracy"])
    assert ratio(scores, "f1") == pytest.approx(metrics["f1"])
    assert set(scores.counts) == {"accuracy", "f1"}
    assert len(scores.units) == 200
    assert scores.split == "validation"


def test_a_correlation_has_no_counts(tmp_path: Path) -> None:
    rows = [{"id": 0, "label": 2.5, "gold": 3.0}]
    scores = written(tmp_path, "glue/sts-b", {"validation": {"pearson": 0.5}}, rows)
    assert scores.values["pearson"] == 0.5
    assert not scores.counts


def test_a_second_split_is_named(tmp_path: Path) -> None:
    metrics = {"validation": {"accuracy": 1.0}, "validation_mismatched": {"accuracy": 0.5}}
    rows = [{"id": 0, "label": "neutral", "gold": "neutral"}]
    scores = written(tmp_path, "glue/mnli", metrics, rows)
    assert scores.values == {"accuracy": 1.0, "accuracy@validation_mismatched": 0.5}


def test_questions_count_one_each(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "exact_match": True, "f1": 1.0},
        {"id": "b", "exact_match": False, "f1": 0.25},
    ]
    metrics = {"validation": {"exact_match": 0.5, "f1": 0.625}}
    scores = written(tmp_path, "squad", metrics, rows)
    assert ratio(scores, "exact_match") == 0.5
    assert ratio(scores, "f1") == 0.625
    assert np.array_equal(scores.counts["f1"][:, 1], [1, 1])
