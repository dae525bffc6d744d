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
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gonerd.dataset import documents_of
from gonerd.files import read_json, write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz"
RESULTS = ROOT / "benchmarks/results/eval"
GONERD = [sys.executable, "-m", "gonerd.cli.main"]

# As in tagger_worldwide.py: chosen on the validation split, for minutes of training.
TAGGER = ("--set", "batch_tokens=2048", "--set", "learning_rate=0.002", "--set", "dropout=0.35")
DROPOUT = 0.3
BATCH_WORDS = 2_000
EPOCHS = 60
PATIENCE = 8
"""Epochs without a better validation F1 after which spaCy's training ends."""


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


def train_spacy(dataset: str, out: Path, *, seconds: float, seed: int) -> dict[str, Any]:
    """A blank pipeline with `ner`, from scratch; the best epoch on validation is kept in `out`."""
    import spacy
    from spacy.util import fix_random_seed

    fix_random_seed(seed)
    chance = random.Random(seed)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("ner")
    train, validation = (
        list(_examples(pipeline, dataset, name)) for name in ("train", "validation")
    )
    optimizer = pipeline.initialize(lambda: train)
    optimizer.learn_rate = 0.001
    began = time.monotonic()
    epochs: list[dict[str, float]] = []
    best = -1.0
    stale = 0
    while len(epochs) < EPOCHS and stale < PATIENCE and time.monotonic() - began < seconds:
        chance.shuffle(train)
        losses: dict[str, float] = {}
        for batch in _batches(train):
            pipeline.update(batch, sgd=optimizer, drop=DROPOUT, losses=losses)
            if time.monotonic() - began > seconds:
                break
        with pipeline.use_params(optimizer.averages):
            f1 = pipeline.evaluate(validation)["ents_f"] or 0.0
            stale += 1
            if f1 > best:
                best, stale = f1, 0
                pipeline.to_disk(out)
        epochs.append({"loss": float(losses["ner"]), "validation_f1": f1})
        print(f"spaCy, epoch {len(epochs)}: loss {losses['ner']:.0f}, validation F1 {f1:.4f}")
    return {
        "spacy": spacy.__version__,
        "train_documents": len(train),
        "settings": {"dropout": DROPOUT, "batch_words": BATCH_WORDS, "learning_rate": 0.001},
        "epochs": epochs,
        "best_validation_f1": best,
        "seconds": round(time.monotonic() - began, 1),
    }


def _examples(pipeline: Any, dataset: str, split: str) -> Iterator[Any]:
    """The pipeline's own tokens, as it will meet them; an entity that cuts one is left open."""
    from spacy.training import Example

    for document in documents_of(dataset, split):
        spans = [(entity.start, entity.end, entity.label) for entity in document.entities]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # W030: some entities cut tokens
            doc = pipeline.make_doc(document.text)
            yield Example.from_dict(doc, {"entities": spans})


def _batches(examples: Sequence[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    words = 0
    for example in examples:
        batch.append(example)
        words += len(example.predicted)
        if words >= BATCH_WORDS:
            yield batch
            batch, words = [], 0
    if batch:
        yield batch


if __name__ == "__main__":
    sys.exit(main())
