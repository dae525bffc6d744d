"""Entities of many documents as arrays, all on one line of characters, so that counting needs no loop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from gonerd.schema import Document, Entity, Span

__all__ = ["Batch", "Ints", "Labels", "Spans", "WordEdges", "batch_from_documents", "words"]

Ints = npt.NDArray[np.int64]

WORD = re.compile(r"\w+|[^\w\s]")


class Labels(dict[str, int]):
    """Numbers of labels, given in the order in which they are met."""

    def __missing__(self, label: str) -> int:
        self[label] = len(self)
        return self[label]


@dataclass(frozen=True, slots=True)
class Spans:
    """One entity a place; `start` and `end` count characters on the batch's line."""

    document: Ints
    """The place of its document in the batch."""
    start: Ints
    end: Ints
    label: Ints
    first: Ints
    """The first word that the entity touches, on the batch's line of words."""
    stop: Ints
    """One past the last word that it touches; `first` where it touches none."""

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents side by side: a document's characters and words follow those of the one before it."""

    documents: Sequence[Document]
    gold: Spans
    found: Spans
    text_begins: Ints
    """Where each document's text begins on the line of characters."""
    word_begins: Ints
    """Where each document's words begin on the line of words, and where the last one's end."""
    word_ends: Ints
    """The character at which each word ends, on the batch's line."""
    label_ranks: Ints
    """By number of a label its place among all by name: numbers depend on which document came first."""


def words(document: Document) -> Sequence[Span]:
    """The words in which lengths and places are told: the document's tokens.

    Where it has none, runs of letters and digits and every other single character but white space.
    """
    if document.tokens is not None:
        return document.tokens
    return [match.span() for match in WORD.finditer(document.text)]


class WordEdges:
    """Where each of the `words` of documents begins and ends, found once while it is remembered."""

    def __init__(self, most: int | None = None) -> None:
        """Remember up to `most` documents, then begin anew; None remembers all."""
        self._most = most
        self._known: dict[int, tuple[Document, Ints]] = {}
        """By the document's place in memory, which no other has while it is held here."""

    def __reduce__(self) -> tuple[type[WordEdges], tuple[int | None]]:
        return WordEdges, (self._most,)  # places in memory mean nothing to another process

    def of(self, document: Document) -> Ints:
        """(words, 2), in characters of the text."""
        key = id(document)
        if key not in self._known:
            if len(self._known) == self._most:
                self._known.clear()
            spans = words(document)
            flat = np.fromiter(chain.from_iterable(spans), np.int64, 2 * len(spans))
            self._known[key] = document, flat.reshape(-1, 2)
        return self._known[key][1]


def batch_from_documents(
    documents: Sequence[Document],
    found: Sequence[Sequence[Entity]],
    labels: Labels,
    *,
    edges: WordEdges | None = None,
) -> Batch:
    """Lay out documents with what was found in each; `labels` learns the labels that are new to it."""
    known = edges or WordEdges()
    sizes = np.array([len(document.text) + 1 for document in documents], dtype=np.int64)
    text_begins = np.cumsum(sizes) - sizes
    parts = [known.of(document) for document in documents]
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    word_begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    line = np.concatenate([np.empty((0, 2), dtype=np.int64), *parts])
    line += np.repeat(text_begins, counts)[:, None]
    sides = [
        _spans(entities, labels, text_begins, line)
        for entities in ([document.entities for document in documents], found)
    ]
    by_name = sorted(labels)
    ranks = np.array([by_name.index(label) for label in labels], dtype=np.int64)
    return Batch(documents, sides[0], sides[1], text_begins, word_begins, line[:, 1], ranks)


def _spans(
    entities: Sequence[Sequence[Entity]], labels: Labels, text_begins: Ints, edges: Ints
) -> Spans:
    counts = [len(some) for some in entities]
    flat = list(chain.from_iterable(entities))
    document = np.repeat(np.arange(len(entities)), counts)
    begins = text_begins[document]
    start = np.array([entity.start for entity in flat], dtype=np.int64) + begins
    end = np.array([entity.end for entity in flat], dtype=np.int64) + begins
    label = np.array([labels[entity.label] for entity in flat], dtype=np.int64)
    first = np.searchsorted(edges[:, 1], start, side="right")
    stop = np.searchsorted(edges[:, 0], end, side="left")
    return Spans(document, start, end, label, first, np.maximum(first, stop))
