"""The dataset in gonerd/data is what the newsroom gives today: `make sample` builds it anew."""

from pathlib import Path

import gonerd
from gonerd.dataset import build_dataset
from gonerd.newsroom.web import Newsroom


def test_the_embedded_sample_is_what_the_newsroom_gives(tmp_path: Path) -> None:
    facts, changes = build_dataset(
        Newsroom(240, 0).gold(), tmp_path / "sample", name="gonerd-sample"
    )
    sample = gonerd.load("sample")
    assert changes == []
    assert facts.fingerprint == sample.facts.fingerprint, "run: make sample"
    clusters = [{d.meta["cluster"] for d in sample.documents(split)} for split in sample.splits]
    assert sum(map(len, clusters)) == len(set.union(*clusters))
