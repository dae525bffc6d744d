"""The baselines, as results of `gonerd eval`: rules, a spaCy pipeline and our tagger, both trained here.

Two datasets. `worldwide` is stanfordnlp/en-worldwide-newswire (592 documents, 364,269 tokens, annotated by
people), without a stated licence: research use only, and none of its text is in a result. Its MISC is
nationalities, products, works and events: not GONERD's. The split is our own, by document, seed 0. `sample`
is the embedded synthetic newsroom, whose figures say nothing about real text.

The spaCy pipeline is a blank English one with `ner` (HashEmbedCNN, width 96, from scratch), the tagger that
of `gonerd finetune`. Both learn from the train split, keep the epoch that is best on the validation split,
and have the same time; no one sees the test split before its end. Each evaluation is a process of its own.

Files: OUT/DATASET-MODEL.json is the run's result.json as it is, OUT/training.json what was learned how.

Run: python benchmarks/baselines_eval.py [--max-seconds 450] [--seed 0] [--out benchmarks/results/eval]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from spacy_training import train_spacy

from gonerd.files import read_json, write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz"
RESULTS = ROOT / "benchmarks/results/eval"
GONERD = [sys.executable, "-m", "gonerd.cli.main"]

# As in tagger_worldwide.py: chosen on the validation split, for minutes of training.
TAGGER = ("--set", "batch_tokens=2048", "--set", "learning_rate=0.002", "--set", "dropout=0.35")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--max-seconds", type=float, default=450.0, help="limit of each training")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path, default=RESULTS)
    options.add_argument("--datasets", nargs="+", default=["worldwide", "sample"])
    asked = options.parse_args()
    if "worldwide" in asked.datasets and not CORPUS.exists():
        print(f"{CORPUS.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    training: dict[str, Any] = {"machine": environment(), "seed": asked.seed}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for dataset in asked.datasets:
            place = "sample"
            if dataset == "worldwide":
                place = str(folder / "worldwide")
                gonerd("build", str(CORPUS), "--out", place, "--seed", "0")
            spacy_model, tagger = folder / f"{dataset}-spacy", folder / f"{dataset}-tagger"
            training[f"{dataset}-spacy"] = train_spacy(
                place, spacy_model, seconds=asked.max_seconds, seed=asked.seed
            )
            gonerd(
                "finetune",
                *("--dataset", place, "--out", str(tagger), *TAGGER),
                *("--max-seconds", str(asked.max_seconds), "--seed", str(asked.seed)),
            )
            record = read_json(tagger / "training.json")
            training[f"{dataset}-tagger"] = {
                key: record[key] for key in ("model", "training", "data", "plan", "best", "seconds")
            }
            models = {
                "rules": "rules",
                "spacy": f"spacy:{spacy_model}",
                "tagger": f"gonerd:{tagger}",
            }
            for model, spec in models.items():
                evaluate(
                    spec, place, folder / "runs" / model, asked.out / f"{dataset}-{model}.json"
                )
    write_json(asked.out / "training.json", training, overwrite=True)
    return 0


def gonerd(*words: str) -> None:
    """One command in a process of its own."""
    if subprocess.run([*GONERD, *words]).returncode:
        raise SystemExit(1)


def evaluate(spec: str, dataset: str, run: Path, out: Path) -> None:
    shutil.rmtree(run, ignore_errors=True)
    gonerd("eval", "--model", spec, "--dataset", dataset, "--split", "test", "--out", str(run))
    write_json(out, read_json(run / "result.json"), overwrite=True)


if __name__ == "__main__":
    sys.exit(main())
