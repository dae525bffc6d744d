"""The score as the paper took it: seqeval on sequences cut at 4,096 tokens, with their own support."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gonerd.align import fit_to_tokens, tags_from_entities
from gonerd.dataset.rows import COMMON_WINDOW
from gonerd.schema import Document, Entity

__all__ = ["paper_compat"]

NOTE = (
    f"seqeval (default mode) on the first {COMMON_WINDOW} tokens of each document, as in arXiv 2311.13657; "
    "gold beyond them is not counted. Predictions off token boundaries are moved to the nearest ones."
)


def paper_compat(pairs: Iterable[tuple[Document, tuple[Entity, ...]]]) -> dict[str, Any]:
    """Seqeval's own micro-averaged precision, recall and F1, and its numbers by type.

    Args:
        pairs: gold documents with tokens, each with what was predicted.
    """
    from seqeval.metrics.sequence_labeling import get_entities, precision_recall_fscore_support

    gold: list[list[str]] = []
    found: list[list[str]] = []
    for document, entities in pairs:
        tokens = document.tokens or ()
        predicted, _ = fit_to_tokens(replace(document, entities=entities), on_misaligned="snap")
        gold.append(tags_from_entities(tokens, document.entities)[:COMMON_WINDOW])
        found.append(tags_from_entities(tokens, predicted.entities)[:COMMON_WINDOW])
    labels = sorted({entity[0] for tags in (*gold, *found) for entity in get_entities(tags)})
    if not labels:
        return {
            "precision": 0.0,
            "recall": 0.0,
            "f1": 0.0,
            "support": 0,
            "by_type": {},
            "note": NOTE,
        }
    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, found, average="micro", zero_division=0
    )
    table = precision_recall_fscore_support(gold, found, average=None, zero_division=0)
    by_type = {
        label: {"precision": float(p), "recall": float(r), "f1": float(f), "support": int(support)}
        for label, p, r, f, support in zip(labels, *table, strict=True)
    }
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "support": sum(entry["support"] for entry in by_type.values()),
        "by_type": by_type,
        "note": NOTE,
    }
