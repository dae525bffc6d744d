"""How often a 95% interval holds the true F1: the one that scores carry, and others.

Corpora are simulated with the clustering of real ones. The number of entities in a document is negative
binomial (shape 1.2 is that of the 592 worldwide newswire documents: mean 43, standard deviation 40), a
model finds a share of them that is a document's own (beta), and its false positives grow with what it
misses. Many samples of so many documents are drawn; of each, F1 and its interval are taken. The true F1 is
the ratio of sums over four million documents. Beside the interval of `gonerd.scoring` (bootstrap-t over
documents) stand the percentile and the BCa interval from the same replicates, and bootstrap-t over entities
as if each were drawn on its own.

Run: python benchmarks/interval_coverage.py [--samples 2000] [--replicates 1000] [--out FILE]
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from gonerd.files import write_json
from gonerd.machine import environment
from gonerd.scoring.confidence import METHOD, drawn_documents, intervals
from gonerd.scoring.document_counts import f1_figure

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/interval_coverage.json"
DOCUMENTS = (59, 224)
"""The test splits of the worldwide corpus and of a dataset of the paper's size."""
LEVEL = 0.95
ENTITIES_EVERY = 10
"""Samples of which one is resampled by entities, too: there are fifty times as many."""
NORMAL = NormalDist()


@dataclass(frozen=True)
class Corpus:
    """What documents and a model on them are like."""

    shape: float
    """Of the number of entities in a document: the smaller, the more uneven."""
    mean: float
    found: tuple[float, float]
    """Beta distribution of the share of a document's entities that is found."""


CORPORA = {
    "news": Corpus(1.2, 43, (12, 3)),
    "news, uneven model": Corpus(1.2, 43, (6, 1.8)),
    "even documents, weak model": Corpus(2.5, 43, (2.2, 1)),
    "rare type": Corpus(1.2, 3, (12, 3)),
    "rare type, good model": Corpus(1.2, 3, (30, 1)),
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--samples", type=int, default=2000)
    options.add_argument("--replicates", type=int, default=1000)
    options.add_argument("--out", type=Path, default=RESULT)
    asked = options.parse_args()
    began = time.perf_counter()
    rows = []
    for name, corpus in CORPORA.items():
        for documents in DOCUMENTS:
            found = coverage(
                corpus, documents=documents, samples=asked.samples, replicates=asked.replicates
            )
            rows.append({"corpus": name, **asdict(corpus), "sample_documents": documents, **found})
            print(rows[-1], file=sys.stderr)
    held = [row["documents"] for row in rows]
    write_json(
        asked.out,
        {
            "question": "how often does a 95% interval of F1 hold the true value?",
            "synthetic": True,
            "method": METHOD,
            "samples": asked.samples,
            "replicates": asked.replicates,
            "least": min(held),
            "most": max(held),
            "rows": rows,
            "seconds": round(time.perf_counter() - began),
            "machine": environment(),
        },
        overwrite=True,
    )
    print(asked.out.read_text(encoding="utf-8"))
    return 0


def coverage(
    corpus: Corpus, *, documents: int, samples: int, replicates: int, seed: int = 0
) -> dict[str, Any]:
    """The share of samples whose interval holds the true F1, by method, and the mean width of ours."""
    truth = true_f1(corpus)
    random = np.random.default_rng(seed)
    held = dict.fromkeys(("documents", "percentile", "bca", "entities"), 0)
    width = 0.0
    for number in range(samples):
        table = drawn(corpus, documents, random)
        ours = intervals([f1_figure(table)], replicates=replicates, level=LEVEL, seed=number)[0]
        found = {"documents": ours, **others(table, replicates, number)}
        if number % ENTITIES_EVERY == 0:
            apart = f1_figure(as_entities(table))
            found["entities"] = intervals([apart], replicates=200, level=LEVEL, seed=number)[0]
        width += ours[1] - ours[0]
        for name, (low, high) in found.items():
            held[name] += low <= truth <= high
    taken = {"entities": -(-samples // ENTITIES_EVERY)}
    return {
        **{name: round(count / taken.get(name, samples), 4) for name, count in held.items()},
        "width": round(width / samples, 4),
        "true_f1": round(truth, 4),
    }


def drawn(corpus: Corpus, documents: int, random: np.random.Generator) -> Any:
    """tp, fp, fn of so many documents."""
    gold = random.negative_binomial(
        corpus.shape, corpus.shape / (corpus.shape + corpus.mean), documents
    )
    share = random.beta(*corpus.found, documents)
    tp = random.binomial(gold, share)
    fp = random.poisson(0.8 * gold * (1 - share) + 0.007 * corpus.mean)
    return np.stack([tp, fp, gold - tp], axis=1)


@cache
def true_f1(corpus: Corpus) -> float:
    random = np.random.default_rng(7)
    tp, fp, fn = sum(drawn(corpus, 500_000, random).sum(axis=0) for _ in range(8))
    return float(2 * tp / (2 * tp + fp + fn))


def as_entities(table: Any) -> Any:
    """One row an entity, true or false, found or missed."""
    return np.repeat(np.eye(3, dtype=np.int64), table.sum(axis=0), axis=0)


def others(table: Any, replicates: int, seed: int) -> dict[str, tuple[float, float]]:
    """The percentile and the BCa interval."""
    sums = np.concatenate(
        [weights @ table for weights in drawn_documents(len(table), replicates, seed)]
    )
    values = np.sort(f1(sums))
    total = table.sum(axis=0).astype(float)
    sample = f1(total)
    left_out = f1(total - table)
    change = left_out.mean() - left_out
    spread = 6 * (change**2).sum() ** 1.5
    skew = (change**3).sum() / spread if spread else 0.0
    below = ((values < sample).mean() + (values <= sample).mean()) / 2
    bias = NORMAL.inv_cdf(min(max(below, 1 / replicates), 1 - 1 / replicates))
    tails = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    moved = [
        NORMAL.cdf(bias + (bias + z) / (1 - skew * (bias + z))) for z in map(NORMAL.inv_cdf, tails)
    ]
    return {
        name: (float(low), float(high))
        for name, (low, high) in (
            ("percentile", np.quantile(values, tails)),
            ("bca", np.quantile(values, moved)),
        )
    }


def f1(sums: Any) -> Any:
    tp, fp, fn = (sums[..., place] for place in range(3))
    return 2 * tp / np.maximum(1, 2 * tp + fp + fn)


if __name__ == "__main__":
    sys.exit(main())
