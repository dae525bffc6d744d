import random
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.adapters import Prediction
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.calibration import BINS, Calibration
from tests.gonerd.evaluation.models import built, oracle

TEXT = "x" * 1000
RIGHT = tuple(Entity(n, n + 1, "PER") for n in range(0, 1000, 2))
GOLD = Document(id="d", text=TEXT, entities=RIGHT)


def calibrated(entities: list[Entity], scores: list[float]) -> Calibration:
    calibration = Calibration()
    calibration.add(GOLD, Prediction("d", tuple(entities), 1000, scores=tuple(scores)))
    return calibration


def test_a_model_that_is_right_as_often_as_it_says_has_no_error() -> None:
    entities = [*RIGHT[:30], *(Entity(n, n + 1, "LOC") for n in range(0, 20, 2))]
    record = calibrated(entities, [0.75] * 40).as_json()
    assert record is not None
    assert record["n"] == 40
    assert record["ece"] == pytest.approx(0.0)
    (only,) = record["bins"]
    assert only == {
        "low": 11 / 15, "high": 12 / 15, "n": 40, "confidence": 0.75, "precision": 0.75,
    }  # fmt: skip


def test_confidence_that_is_never_right_is_all_error() -> None:
    record = calibrated([Entity(1, 2, "PER"), Entity(3, 4, "PER")], [1.0, 1.0]).as_json()
    assert record is not None
    assert record["ece"] == 1.0
    assert record["bins"][0]["high"] == 1.0, "a confidence of 1 falls into the last bin"


def test_the_error_is_the_one_of_its_definition() -> None:
    """The definition of arXiv 1706.04599 written out over numpy arrays."""
    import numpy as np

    chance = random.Random(0)
    entities, scores = [], []
    for n in range(0, 998, 2):
        entities.append(Entity(n, n + 1, chance.choice(["PER", "LOC"])))
        scores.append(chance.random())
    record = calibrated(entities, scores).as_json()
    confidence = np.array(scores)
    right = np.array([entity.label == "PER" for entity in entities])
    expected = 0.0
    for low in range(BINS):
        inside = (confidence >= low / BINS) & (confidence < (low + 1) / BINS)
        if inside.any():
            gap = abs(confidence[inside].mean() - right[inside].mean())
            expected += inside.mean() * gap
    assert record is not None
    assert record["ece"] == pytest.approx(expected)
    assert sum(one["n"] for one in record["bins"]) == len(entities)


def test_a_run_has_it_where_the_model_gives_scores(tmp_path: Path) -> None:
    dataset = built(tmp_path)
    for confidence, expected in ((0.5, 0.5), (None, None)):
        result = evaluate_model(
            oracle(dataset, confidence=confidence),
            tmp_path / f"run-{confidence}",
            dataset=dataset,
            split="test",
        )
        found = result["calibration"] and result["calibration"]["ece"]
        assert found == expected
