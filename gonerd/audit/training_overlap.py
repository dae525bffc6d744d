"""Which documents of a split stand in a model's training data, as near-duplicates or reprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gonerd.audit.overlaps import overlaps_of
from gonerd.schema import Document

__all__ = ["Standing", "documents_in_training"]

CHARACTERS_AT_ONCE = 20_000_000
"""Of training texts compared at once: about 150 MB of shingles."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A document of the split, and the training text that is most like it."""

    document: str
    training: str
    jaccard: float
    containment: float
    """Share of the shorter one's 5-word runs that stand in the longer."""


def documents_in_training(
    documents: Sequence[Document],
    training: Iterable[Document],
    *,
    jaccard: float = 0.5,
    containment: float = 0.8,
) -> list[Standing]:
    """Those of `documents` that share so much with a training text, in their order; found exactly.

    Training texts are read once, some millions of characters at a time. A split may stand in it as a whole
    and the other way round: containment is the shorter text's, whichever that is.
    """
    texts = [document.text for document in documents]
    best: dict[int, Standing] = {}
    for some in _pieces(training):
        found = overlaps_of(
            [*texts, *(each.text for each in some)], jaccard=jaccard, containment=containment
        )
        ours = np.minimum(found.shorter, found.longer)
        theirs = np.maximum(found.shorter, found.longer)
        across = np.flatnonzero((ours < len(texts)) & (theirs >= len(texts)))
        for row in across.tolist():
            standing = Standing(
                documents[int(ours[row])].id,
                some[int(theirs[row]) - len(texts)].id,
                float(found.jaccard[row]),
                float(found.containment[row]),
            )
            place = int(ours[row])
            if place not in best or _likeness(standing) > _likeness(best[place]):
                best[place] = standing
    return [best[place] for place in sorted(best)]


def _likeness(standing: Standing) -> tuple[float, float]:
    return standing.jaccard, standing.containment


def _pieces(training: Iterable[Document]) -> Iterator[list[Document]]:
    some: list[Document] = []
    characters = 0
    for document in training:
        some.append(document)
        characters += len(document.text)
        if characters >= CHARACTERS_AT_ONCE:
            yield some
            some, characters = [], 0
    if some:
        yield some
