"""Entities of whole documents from what a model says of subwords: the decoding of `gonerd eval`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.adapter import Prediction
from gonerd.adapters.decoding import best_tags, confidence, spans_of
from gonerd.adapters.subword_tagger import one_row_a_unit
from gonerd.adapters.tag_set import tag_set_from_names
from gonerd.schema import Entity
from gonerd_baselines.tasks.ner.features import SplitFeatures
from gonerd_baselines.tasks.ner.pieces import Pieces

__all__ = ["Found", "decoded", "prediction_of"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a document."""

    entities: Ints
    """(entities, 3) first word, one past the last, and number of the label."""
    scores: tuple[float, ...]
    """Confidences, one an entity."""
    repairs: int
    """Tags that were changed to make a well-formed sequence."""


def decoded(
    log_probabilities: Sequence[NDArray[np.float64]],
    features: SplitFeatures,
    *,
    tags: Sequence[str],
    labels: Sequence[str],
) -> list[Found]:
    """The entities of each document, from (units, tags) log-probabilities of each."""
    known = tag_set_from_names(tags)
    numbers = {label: number for number, label in enumerate(labels)}
    result = []
    for document, found in enumerate(log_probabilities):
        units = features.units_of(document)
        begins, rows = one_row_a_unit(units, found, known)
        path = best_tags(rows, known)
        limits = [*begins.tolist(), len(units)]
        spans = list(spans_of(path, known))
        entities = [(limits[first], limits[last], numbers[type_]) for first, last, type_ in spans]
        result.append(
            Found(
                np.array(entities, np.int64).reshape(-1, 3),
                tuple(confidence(rows, path, first, last, known) for first, last, _ in spans),
                int((path != rows.argmax(axis=1)).sum()) if len(rows) else 0,
            )
        )
    return result


def prediction_of(found: Found, document: int, pieces: Pieces, labels: Sequence[str]) -> Prediction:
    """The same as a line of predictions.jsonl.zst holds it."""
    features = pieces.features
    words = features.words_of(document)
    entities = tuple(
        Entity(int(words[first, 0]), int(words[stop - 1, 1]), labels[label])
        for first, stop, label in found.entities.tolist()
    )
    return Prediction(
        str(features.names[document]),
        entities,
        consumed_to=int(features.characters[document]),
        windows=max(1, int(pieces.windows[document])),
        scores=found.scores,
        repairs=found.repairs,
    )
