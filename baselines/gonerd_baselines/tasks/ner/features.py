"""What a model reads of annotated documents and what it is to say, without their texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.subwords import NONE, SubwordReader, Subwords
from gonerd.align import fit_to_tokens
from gonerd.errors import InputError, SchemaError
from gonerd.labels import LABELS
from gonerd.schema import Document, text_sha256
from gonerd_baselines.tasks.examples import IGNORED

__all__ = ["SplitFeatures", "features_of", "labels_of", "tags_of"]

Ints = NDArray[np.int64]

TOGETHER = 256
"""Documents whose texts are held at once."""


@dataclass(frozen=True)
class SplitFeatures:
    """n documents of a split as arrays, one document after another; `*_begins` (n + 1,) say where each lies.

    A word is answered for by its first subword. Words that share it are one **unit**; a word for which no
    subword stands is silent. An entity is **reachable** if it is made of whole units.
    """

    names: NDArray[np.str_]
    """(n,) ids of the documents."""
    text_sha256: NDArray[np.str_]
    """(n,) of their texts, 64 hex digits."""
    characters: Ints
    """(n,) lengths of their texts."""
    ids: Ints
    """Subwords, without the special ones."""
    id_begins: Ints
    firsts: Ints
    """The subword of its document with which each unit begins."""
    first_begins: Ints
    units: Ints
    """The unit of its document to which each word belongs; -1 for a silent one."""
    words: Ints
    """(words, 2) begin and end of each word in its text, in code points."""
    word_begins: Ints
    entities: Ints
    """(entities, 3) first word, one past the last, and number of the label."""
    entity_begins: Ints

    def __len__(self) -> int:
        return len(self.names)

    def subwords(self, document: int) -> Subwords:
        """As `SubwordReader` read them."""
        return Subwords(
            self.ids[self._part(self.id_begins, document)].tolist(),
            self.firsts[self._part(self.first_begins, document)],
            self.units_of(document),
        )

    def units_of(self, document: int) -> Ints:
        """(words,) the unit of each word."""
        return self.units[self._part(self.word_begins, document)]

    def words_of(self, document: int) -> Ints:
        """(words, 2) their places in the text."""
        return self.words[self._part(self.word_begins, document)]

    def entities_of(self, document: int) -> Ints:
        """(entities, 3) of the document."""
        return self.entities[self._part(self.entity_begins, document)]

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """(entities,) whether tags can say it: no subword shared with a word outside, no silent word."""
        found = [self._reachable(document) for document in range(len(self))]
        return np.concatenate([np.zeros(0, np.bool_), *found])

    def targets_of(self, document: int) -> Ints:
        """(units,) the tag that each is to get, `tags_of` by number; IGNORED in entities out of reach."""
        units, entities = self.units_of(document), self.entities_of(document)
        reachable = self.reachable[self._part(self.entity_begins, document)]
        targets = np.zeros(len(self.firsts[self._part(self.first_begins, document)]), np.int64)
        for (first, stop, label), whole in zip(entities.tolist(), reachable.tolist(), strict=True):
            covered = units[first:stop]
            covered = covered[covered != NONE]
            targets[covered] = 2 + 2 * label if whole else IGNORED
            if whole:
                targets[covered[0]] = 1 + 2 * label
        return targets

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """By name, for a file."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def _reachable(self, document: int) -> NDArray[np.bool_]:
        units, entities = self.units_of(document), self.entities_of(document)
        silent = np.cumsum(np.concatenate([[0], units == NONE]))
        # Before the first word and after the last there is no unit to share.
        edges = np.concatenate([[NONE], units, [NONE]])
        first, stop = entities[:, 0], entities[:, 1]
        begins, ends = (edges[place] != edges[place + 1] for place in (first, stop))
        found: NDArray[np.bool_] = begins & ends & (silent[first] == silent[stop])
        return found

    @staticmethod
    def _part(begins: Ints, document: int) -> slice:
        return slice(int(begins[document]), int(begins[document + 1]))


def labels_of(documents: Iterable[Document]) -> tuple[str, ...]:
    """GONERD's four if there are no others, else those that stand in the documents, by name."""
    found = {entity.label for document in documents for entity in document.entities}
    return LABELS if found <= set(LABELS) else tuple(sorted(found))


def tags_of(labels: Sequence[str]) -> tuple[str, ...]:
    """O, then B- and I- of each label: for GONERD's labels its nine tags in their order."""
    return ("O", *(f"{prefix}-{label}" for label in labels for prefix in "BI"))


def features_of(
    documents: Iterable[Document],
    reader: SubwordReader,
    labels: Sequence[str],
    *,
    name: str = "the corpus",
) -> SplitFeatures:
    """The features of documents, which come once each; those without tokens get spaCy's.

    Args:
        documents: with flat entities on token boundaries.
        reader: of the checkpoint's tokenizer.
        labels: by number.
        name: for messages.

    Raises:
        InputError: there is no document.
        SchemaError: an entity's label is none of `labels`.
        AlignmentError: an entity does not fall on token boundaries, or overlaps another.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    columns: dict[str, list[Any]] = {field.name: [] for field in fields(SplitFeatures)}
    for document, subwords in _read(documents, reader):
        words = np.array(document.tokens, np.int64).reshape(-1, 2)
        columns["names"].append(document.id)
        columns["text_sha256"].append(text_sha256(document.text))
        columns["characters"].append(len(document.text))
        columns["ids"].append(np.array(subwords.ids, np.int64))
        columns["firsts"].append(subwords.firsts)
        columns["units"].append(subwords.unit_of_word)
        columns["words"].append(words)
        columns["entities"].append(_entities(document, words, numbers))
    if not columns["names"]:
        raise InputError(f"{name} has no document; at least one is needed")
    begins = {
        f"{name}_begins": np.cumsum(
            [0, *map(len, columns[f"{name}s" if name != "entity" else "entities"])]
        )
        for name in ("id", "first", "word", "entity")
    }
    whole = {
        name: np.concatenate(columns[name])
        for name in ("ids", "firsts", "units", "words", "entities")
    }
    told = {name: np.array(columns[name]) for name in ("names", "text_sha256", "characters")}
    return SplitFeatures(**told, **whole, **begins)


def _read(
    documents: Iterable[Document], reader: SubwordReader
) -> Iterator[tuple[Document, Subwords]]:
    coming = iter(documents)
    while some := [fit_to_tokens(document)[0] for document in islice(coming, TOGETHER)]:
        yield from zip(some, reader.read(some), strict=True)


def _entities(document: Document, words: Ints, numbers: dict[str, int]) -> Ints:
    found = np.zeros((len(document.entities), 3), np.int64)
    for row, entity in zip(found, document.entities, strict=True):
        if entity.label not in numbers:
            raise SchemaError(
                f"document {document.id!r}: label {entity.label!r} is none of {', '.join(numbers)}"
            )
        row[0] = np.searchsorted(words[:, 0], entity.start)
        row[1] = np.searchsorted(words[:, 1], entity.end) + 1
        row[2] = numbers[entity.label]
    return found
