"""A spaCy pipeline of nothing but `ner`, from scratch: for the baselines and the leaderboard's entries."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gonerd.dataset import documents_of

__all__ = ["train_spacy"]

DROPOUT = 0.3
BATCH_WORDS = 2_000
LEARNING_RATE = 0.001
EPOCHS = 60
PATIENCE = 8
"""Epochs without a better validation F1 after which the training ends."""


def train_spacy(
    dataset: str, out: Path, *, seed: int, epochs: int = EPOCHS, seconds: float = float("inf")
) -> dict[str, Any]:
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
    optimizer.learn_rate = LEARNING_RATE
    began = time.monotonic()
    done: list[dict[str, float]] = []
    best = -1.0
    stale = 0
    while len(done) < epochs and stale < PATIENCE and time.monotonic() - began < seconds:
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
        done.append({"loss": float(losses["ner"]), "validation_f1": f1})
        print(f"spaCy, epoch {len(done)}: loss {losses['ner']:.0f}, validation F1 {f1:.4f}")
    return {
        "spacy": spacy.__version__,
        "train_documents": len(train),
        "settings": {
            "dropout": DROPOUT,
            "batch_words": BATCH_WORDS,
            "learning_rate": LEARNING_RATE,
        },
        "epochs": done,
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
