"""The dataset in gonerd/data is what the newsroom gives today: `make sample` builds it anew."""

from pathlib import Path

import gonerd
from gonerd.dataset import build_dataset
from gonerd.dataset.card import card_text
from gonerd.files import file_sha256
from gonerd.newsroom.web import Newsroom


def test_the_embedded_sample_is_what_the_newsroom_gives(tmp_path: Path) -> None:
    facts, changes = build_dataset(
        Newsroom(240, 0).gold(), tmp_path / "sample", name="gonerd-sample"
    )
    sample = gonerd.load("sample")
    assert changes == []
    assert facts.fingerprint == sample.facts.fingerprint, "run: make sample"
    assert (facts.window, facts.strata, facts.sentences) == (
        sample.facts.window, sample.facts.strata, sample.facts.sentences,
    ), "run: make sample"  # fmt: skip
    card = (sample.path / "README.md").read_text(encoding="utf-8")
    assert card == card_text(sample.facts), "run: make sample"
    clusters = [{d.meta["cluster"] for d in sample.documents(split)} for split in sample.splits]
    assert sum(map(len, clusters)) == len(set.union(*clusters))


def test_the_sums_of_the_embedded_sample_hold() -> None:
    folder = gonerd.load("sample").path
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    assert {name: file_sha256(folder / name) for name in sums} == sums
    assert {name.partition("/")[0] for name in sums} == {
        "README.md", "croissant.json", "data", "gonerd.json", "sentences",
    }  # fmt: skip
