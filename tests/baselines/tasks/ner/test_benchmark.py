"""The floors of the committed comparison with transformers' Trainer."""

from __future__ import annotations

import pytest

from gonerd.files import read_json
from tests.places import ROOT

RESULT = ROOT / "benchmarks/results/ner_finetuning.json"


@pytest.mark.skipif(not RESULT.exists(), reason="needs a run of benchmarks/ner_finetuning.py")
def test_ours_finds_the_same_and_is_faster_by_the_floors_that_were_set() -> None:
    result = read_json(RESULT)
    ratios = result["time"]["ratios"]
    assert min(ratios[way]["clock"] for way in ("grouped_by_length", "random_order")) >= 2
    assert ratios["padded_4096"]["clock"] >= 6
    low, high = result["f1"]["difference"]["ci"]
    assert low <= 0 <= high
    scores = result["f1"]["test"]
    assert min(scores[side]["f1"] for side in scores) > 0.3
    for side in scores.values():
        assert side["tp"] + side["fn"] == 3411
