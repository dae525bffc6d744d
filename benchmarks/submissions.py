"""Submissions to measure with: annotated documents, and models that are the gold with errors."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from scoring import fitted, wrong

from gonerd.adapters import ModelCard, Policy, Prediction
from gonerd.evaluation import evaluate_model
from gonerd.files import read_json, write_json
from gonerd.records import read_documents, write_documents
from gonerd.schema import Document
from gonerd_leaderboard.submission import RESULT, submit

ROOT = Path(__file__).parents[1]
SUBMISSIONS, RUNS, DOCUMENTS = 1000, 20, 224


class Erring:
    """The gold of `documents` with errors that `seed` decides."""

    def __init__(self, documents: Iterable[Document], seed: int) -> None:
        self._gold = {document.id: document for document in documents}  # who predicts sees none
        self.card = ModelCard(
            kind="benchmark",
            id=f"acme/model-{seed}",
            revision=f"{seed:040x}",
            weights_sha256="0" * 64,
            params=1,
            license="MIT",
        )
        self.policy = Policy("native")
        self._seed = seed

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """The same for the same seed."""
        for number, document in enumerate(documents):
            found = tuple(wrong(self._gold[document.id], 10_000 * self._seed + number))
            yield Prediction(document.id, found, consumed_to=len(document.text))


def sampled(number: int) -> list[Document]:
    """Documents of annotated corpora, the same each time."""
    documents = list(fitted())
    return random.Random(0).sample(documents, min(number, len(documents)))


def run_of(folder: Path, corpus: Path, seed: int) -> Path:
    """A run of the model `seed` on a corpus file."""
    out = folder / f"run-{seed}"
    model = Erring(read_documents(corpus), seed)
    evaluate_model(model, out, dataset=str(corpus), split="all", cost=None)
    return out


def corpus_of(folder: Path, documents: list[Document]) -> Path:
    """A corpus file of `documents` in a new folder."""
    folder.mkdir(parents=True)
    corpus = folder / "corpus.jsonl"
    write_documents(corpus, documents)
    return corpus


def submissions_of(folder: Path, corpus: Path, number: int) -> Path:
    """A folder of submissions: 20 different runs, each under as many models as it takes.

    Every second model of a run names the first as its teacher.
    """
    submissions = folder / "submissions"
    runs = min(RUNS, number)
    for seed in range(runs):
        run = run_of(folder, corpus, seed)
        record = read_json(run / RESULT)
        for copied in range(number // runs):
            record["model"]["id"] = f"acme/model-{seed}-{copied}"
            record["model"]["teacher_id"] = "acme/model-0-0" if copied % 2 else None
            write_json(run / RESULT, record, overwrite=True)
            submit(run, submissions)
    return submissions


def timed(words: Sequence[str | Path]) -> dict[str, Any]:
    """Run `gonerd` with `words`: the last line of what it said, seconds, and those of all its processes."""
    began, before = time.monotonic(), os.times()
    command = [sys.executable, "-m", "gonerd", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, after = time.monotonic() - began, os.times()
    busy = after.children_user + after.children_system
    busy -= before.children_user + before.children_system
    return {
        "said": done.stdout.splitlines()[-1],
        "seconds": round(seconds, 1),
        "processor_seconds": round(busy, 1),
    }
