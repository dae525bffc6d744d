"""All scores of a run from gold documents and what was found in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from gonerd.dataset.rows import COMMON_WINDOW
from gonerd.errors import CheckError
from gonerd.labels import LABELS
from gonerd.schema import Document, Entity
from gonerd.scoring.compat import paper_compat
from gonerd.scoring.confidence import f1_interval
from gonerd.scoring.counts import DocumentScore, exact_match, summary, within

__all__ = ["Pair", "Scorer", "score_pairs"]

Pair = tuple[Document, tuple[Entity, ...]]


class Scorer:
    """Takes documents one by one with what was found in each; then gives the `scores` of a result."""

    def __init__(self) -> None:
        self._pairs: list[Pair] = []

    def add(self, gold: Document, found: Sequence[Entity]) -> None:
        """Count one document, which has tokens and flat entities."""
        self._pairs.append((gold, tuple(found)))

    def scores(self, *, seed: int = 0) -> dict[str, Any]:
        """Full document, common window, and as the paper took it.

        Raises:
            CheckError: gold went missing on the way: tp + fn is not the number of gold entities.
        """
        full = [exact_match(document, entities) for document, entities in self._pairs]
        windows = [_in_window(document, entities) for document, entities in self._pairs]
        scores = {
            "full": _with_interval(full, seed),
            f"common_window_{COMMON_WINDOW}": _with_interval(
                [exact_match(*pair) for pair in windows], seed
            ),
            "paper_compat": paper_compat(self._pairs),
        }
        gold_total = sum(len(document.entities) for document, _ in self._pairs)
        counted = scores["full"]["tp"] + scores["full"]["fn"]
        if counted != gold_total:
            raise CheckError(f"{counted} gold entities were counted of {gold_total}")
        return scores


def score_pairs(pairs: Iterable[Pair], *, seed: int = 0) -> dict[str, Any]:
    """The `scores` object of a result, see `Scorer`."""
    scorer = Scorer()
    for gold, found in pairs:
        scorer.add(gold, found)
    return scorer.scores(seed=seed)


def _with_interval(scores: Sequence[DocumentScore], seed: int) -> dict[str, Any]:
    interval = f1_interval([score.total for score in scores], seed=seed)
    return {**summary(scores, labels=LABELS), "ci": interval}


def _in_window(document: Document, entities: tuple[Entity, ...]) -> Pair:
    end = document.meta.get("common_window_end", len(document.text))
    return replace(document, entities=within(document.entities, end)), within(entities, end)
