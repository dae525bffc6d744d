"""A real corpus all the way: built, opened, learned from, scored. Its text stays where it lies."""

import json
from pathlib import Path

from gonerd.cli.main import run
from tests.places import NER_DATA, needs


@needs(NER_DATA)
def test_a_tagger_learns_from_real_news(tmp_path: Path) -> None:
    corpus = NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"
    data, model, runs = (str(tmp_path / name) for name in ("worldwide", "model", "runs"))
    assert run(["build", str(corpus), "--out", data]) == 0
    assert run(["finetune", "--dataset", data, "--out", model, "--epochs", "1"]) == 0
    for name, spec in (("rules", "rules"), ("tagger", f"gonerd:{model}")):
        words = ["eval", "--model", spec, "--dataset", data, "--no-cost"]
        assert run([*words, "--out", f"{runs}/{name}"]) == 0
    full = {
        name: json.loads((tmp_path / "runs" / name / "result.json").read_text())["scores"]["full"]
        for name in ("rules", "tagger")
    }
    assert full["tagger"]["tp"] + full["tagger"]["fn"] == 3411
    # one pass only; the benchmark trains longer: see benchmarks/results/tagger_worldwide.json
    assert full["tagger"]["f1"] > full["rules"]["f1"]
