"""How much of the gold a model could see at all, and what became of its predictions on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gonerd.adapters import Prediction
from gonerd.align import fit_to_tokens
from gonerd.schema import Document, Entity
from gonerd.scoring.counts import within
from gonerd.scoring.spans import Ints, WordEdges

__all__ = ["Coverage"]


class Coverage:
    """Counts over documents, taken one by one."""

    def __init__(self, edges: WordEdges) -> None:
        self._edges = edges
        self._gold = self._reached = self._cut = self._misaligned = self._repairs = 0
        self._dropped: Counter[str] = Counter()
        self._failed: list[str] = []

    def add(self, document: Document, prediction: Prediction) -> None:
        """Count one document with gold and tokens, and what was predicted for it."""
        self._gold += len(document.entities)
        whole = prediction.consumed_to >= len(document.text)
        reached = document.entities if whole else within(document.entities, prediction.consumed_to)
        self._reached += len(reached)
        self._misaligned += _misaligned(document, prediction.entities, self._edges)
        self._repairs += prediction.repairs
        self._dropped.update(prediction.dropped)
        if prediction.error is not None:
            self._failed.append(document.id)
        else:
            self._cut += prediction.consumed_to < len(document.text.rstrip())

    def as_json(self) -> dict[str, Any]:
        """The `coverage` of a result. A document that failed was not reached, and is not counted as cut."""
        return {
            "docs_truncated": self._cut,
            "gold_reachable": self._reached,
            "gold_lost": self._gold - self._reached,
            "n_repairs": self._repairs,
            "n_misaligned": self._misaligned,
            "n_failed_docs": len(self._failed),
            "dropped": dict(sorted(self._dropped.items())),
            "failed_docs": self._failed,
        }


def _misaligned(document: Document, entities: Sequence[Entity], edges: WordEdges) -> int:
    """Entities that don't begin and end where tokens do."""
    if document.tokens is not None and _all_on_edges(entities, edges.of(document)):
        return 0  # what costs time is looking for the nearest edges
    predicted = replace(document, entities=tuple(entities))
    changes = fit_to_tokens(predicted, on_misaligned="snap")[1]
    return sum(change.problem != "overlaps another entity" for change in changes)


def _all_on_edges(entities: Sequence[Entity], edges: Ints) -> bool:
    if not entities:
        return True
    if not len(edges):
        return False
    begins, ends = edges[:, 0], edges[:, 1]
    starts, stops = np.array([(entity.start, entity.end) for entity in entities]).T
    first = np.searchsorted(begins, starts).clip(max=len(edges) - 1)
    last = np.searchsorted(ends, stops).clip(max=len(edges) - 1)
    return bool(((begins[first] == starts) & (ends[last] == stops)).all())
