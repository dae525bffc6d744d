"""How much of an article was found: the measure of the benchmarks of extraction, and its uncertainty.

The definition is that of github.com/scrapinghub/article-extraction-benchmark (evaluate.py): per
page, the multiset of 4-word shingles of gold and found text; precision and recall are means over
the pages, F1 is taken from these means.
"""

from __future__ import annotations

import random
import re
import statistics
from collections import Counter
from collections.abc import Sequence

Counts = tuple[float, float, float]
"""True positives, false positives and false negatives of one page, as shares of their sum."""


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """How often each run of four words stands in `text`; of a shorter text, all its words are one run."""
    words = re.findall(r"\w+", text)
    runs = (tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)))
    return Counter(run for run in runs if run)


def page_counts(gold: str, found: str) -> Counts:
    """What of `found` is gold, what is not, and what of gold was missed."""
    wanted, got = shingles(gold), shingles(found)
    hits = sum((wanted & got).values())
    total = wanted.total() + got.total() - hits
    if not total:
        return 0.0, 0.0, 0.0
    return hits / total, (got.total() - hits) / total, (wanted.total() - hits) / total


def scores(pages: Sequence[Counts]) -> dict[str, float]:
    """Precision, recall and F1 over pages; a page without found (gold) text has no precision (recall)."""
    precision = statistics.mean(hit / (hit + extra) for hit, extra, _ in pages if hit + extra > 0)
    recall = statistics.mean(hit / (hit + miss) for hit, _, miss in pages if hit + miss > 0)
    return {
        "f1": 2 * precision * recall / (precision + recall),
        "precision": precision,
        "recall": recall,
    }


def interval(pages: Sequence[Counts], *, rounds: int = 1000, seed: int = 0) -> list[float]:
    """The 95% percentile bootstrap interval of F1 over pages."""
    chance = random.Random(seed)
    found = sorted(scores(chance.choices(pages, k=len(pages)))["f1"] for _ in range(rounds))
    return [found[round(0.025 * rounds)], found[round(0.975 * rounds) - 1]]


def paired_difference(
    ours: Sequence[Counts], theirs: Sequence[Counts], *, rounds: int = 10_000, seed: int = 0
) -> dict[str, float | list[float]]:
    """F1 of `ours` less that of `theirs` on the same pages: by how much, its 95% interval, p.

    A paired bootstrap over pages: both systems get the same resampled pages. p is one-sided, the
    share of resamples, with one added, in which `ours` is not above.
    """
    chance = random.Random(seed)
    pairs = list(zip(ours, theirs, strict=True))
    differences = []
    for _ in range(rounds):
        drawn = chance.choices(pairs, k=len(pairs))
        differences.append(
            scores([one for one, _ in drawn])["f1"] - scores([other for _, other in drawn])["f1"]
        )
    differences.sort()
    return {
        "difference": round(scores(ours)["f1"] - scores(theirs)["f1"], 4),
        "interval_95": [
            round(differences[round(0.025 * rounds)], 4),
            round(differences[round(0.975 * rounds) - 1], 4),
        ],
        "p_one_sided": round((1 + sum(d <= 0 for d in differences)) / (1 + rounds), 5),
    }
