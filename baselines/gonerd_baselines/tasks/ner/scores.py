"""Strict entity scores over whole documents, with all gold in them, as `gonerd eval` counts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import CheckError
from gonerd.scoring.confidence import LEVEL, METHOD, REPLICATES, Bootstrap
from gonerd.scoring.counts import Counts
from gonerd.scoring.document_counts import (
    f1_figure,
    in_any_order,
    piece_sizes,
    precision_figure,
    recall_figure,
    total_counts,
)
from gonerd_baselines.tasks.ner.decoding import Found
from gonerd_baselines.tasks.ner.features import SplitFeatures

__all__ = ["document_table", "scores_of"]

Table = NDArray[np.int32]


def document_table(
    features: SplitFeatures, found: Sequence[Found], *, labels: Sequence[str]
) -> Table:
    """(documents, labels, 3) true positives, false positives and false negatives.

    Entities agree where first word, last word and label do, which are then at the same characters.

    Raises:
        CheckError: gold went missing on the way.
    """
    table = np.zeros((len(features), len(labels), 3), np.int32)
    for document, predicted in enumerate(found):
        gold = {tuple(entity) for entity in features.entities_of(document).tolist()}
        said = {tuple(entity) for entity in predicted.entities.tolist()}
        for column, entities in enumerate((gold & said, said - gold, gold - said)):
            for _, _, label in entities:
                table[document, label, column] += 1
    counted = int(table[:, :, [0, 2]].sum())
    if counted != len(features.entities):
        raise CheckError(f"{counted} gold entities were counted of {len(features.entities)}")
    return table


def scores_of(
    table: Table, labels: Sequence[str], *, seed: int = 0, replicates: int = REPLICATES
) -> dict[str, Any]:
    """All labels together and each, with intervals by documents: the numbers that `gonerd eval` gives."""
    table = in_any_order(table)
    sizes = piece_sizes(len(table))
    bootstrap = Bootstrap(sizes, replicates=replicates, seed=seed)
    for part in np.split(table, np.cumsum(sizes)[:-1]):
        totals = part.sum(axis=1)
        figures = [figure(totals) for figure in (f1_figure, precision_figure, recall_figure)]
        bootstrap.add([*figures, *(f1_figure(part[:, place]) for place in range(len(labels)))])
    f1, precision, recall, *types = bootstrap.intervals()
    by_type = [total_counts(table[:, place]) for place in range(len(labels))]
    return {
        **sum(by_type, Counts()).as_json(),
        "ci": {
            "method": METHOD,
            "unit": "document",
            "B": replicates,
            "seed": seed,
            "level": LEVEL,
            "f1": list(f1),
            "precision": list(precision),
            "recall": list(recall),
        },
        "by_type": {
            label: {**counts.as_json(), "ci": list(interval)}
            for label, counts, interval in zip(labels, by_type, types, strict=True)
        },
    }
