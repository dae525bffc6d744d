"""Documents as arrays: each token's word, what its own document says of that word, and its tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gonerd.align import tags_from_entities
from gonerd.schema import Document
from gonerd_baselines.packing import Packing, packing_from_lengths
from gonerd_baselines.tagger.lexicon import Lexicon, character_rows

__all__ = ["FLAGS", "Batch", "TokenFeatures", "batch_from_features", "features_of", "word_counts"]

FLAGS = 32
"""How many values the flags of a token can take together: 5 yes-or-no questions."""

_ENDS = frozenset(".!?")
_OPENERS = frozenset("\"'“”‘’`([*-–—``''")


@dataclass(frozen=True, slots=True)
class TokenFeatures:
    """One document with at least one token, of n tokens."""

    words: tuple[str, ...]
    flags: NDArray[np.int64]
    """(n,) bits: begins a sentence, begins a line, the word also stands in lower case in this document,
    it also stands capitalised inside a sentence, it stands here more than once."""
    groups: NDArray[np.int64]
    """(n,) from 0: tokens with the same number are the same word in lower case."""
    tags: NDArray[np.int64]
    """(n,) tag ids; all 0 where the document has no entities to learn from."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Packed documents: t tokens, of u different words, in m groups of the same word and document."""

    packing: Packing
    rows: Tensor
    """(u, 2 + AFFIX_SLOTS) rows of the lexicon."""
    characters: Tensor
    """(u, CHARACTERS) rows of the character table."""
    word: Tensor
    """(t,) which of the u words."""
    flags: Tensor
    """(t,)"""
    group: Tensor
    """(t,) which of the m groups."""
    groups: int
    tags: Tensor
    """(t,)"""


def word_counts(documents: Iterable[TokenFeatures]) -> Counter[str]:
    """How often each word, as written, stands in `documents`."""
    return Counter(word for document in documents for word in document.words)


def features_of(document: Document, tag_ids: dict[str, int]) -> TokenFeatures:
    """The features of a document that has tokens.

    Raises:
        AlignmentError: an entity does not fall on token boundaries.
        KeyError: an entity's label is not among the tags.
    """
    spans = document.tokens or ()
    text = document.text
    words = tuple(text[start:end] for start, end in spans)
    lowered = [word.lower() for word in words]
    counts = Counter(lowered)
    new_line = np.zeros(len(words), dtype=bool)
    new_sentence = np.zeros(len(words), dtype=bool)
    fresh = True
    before = 0
    for number, (start, end) in enumerate(spans):
        new_line[number] = number == 0 or "\n" in text[before:start]
        fresh = fresh or bool(new_line[number])
        new_sentence[number] = fresh
        word = words[number]
        if word[-1] in _ENDS and len(word) < 3:
            fresh = True
        elif word not in _OPENERS:
            fresh = False
        before = end
    in_lower = {word for word in words if word[0].islower()}
    capital_inside = {
        lowered[n] for n, word in enumerate(words) if word[0].isupper() and not new_sentence[n]
    }
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(word, len(numbers)) for word in lowered]
    flags = (
        new_sentence.astype(np.int64)
        + 2 * new_line
        + 4 * np.array([word in in_lower for word in lowered], dtype=np.int64)
        + 8 * np.array([word in capital_inside for word in lowered], dtype=np.int64)
        + 16 * np.array([counts[word] > 1 for word in lowered], dtype=np.int64)
    )
    tags = tags_from_entities(spans, document.entities)
    return TokenFeatures(
        words=words,
        flags=flags,
        groups=np.array(groups, dtype=np.int64),
        tags=np.array([tag_ids[tag] for tag in tags], dtype=np.int64),
    )


def batch_from_features(
    documents: Sequence[TokenFeatures], lexicon: Lexicon, *, device: str = "cpu"
) -> Batch:
    """Pack `documents`, in this order."""
    numbers: dict[str, int] = {}
    word = [numbers.setdefault(text, len(numbers)) for d in documents for text in d.words]
    sizes = [int(d.groups.max()) + 1 for d in documents]
    offsets = np.cumsum([0, *sizes])

    def tensor(values: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(values).to(device)

    return Batch(
        packing=packing_from_lengths([len(d.words) for d in documents], device=device),
        rows=tensor(lexicon.rows(numbers)),
        characters=tensor(character_rows(numbers)),
        word=torch.tensor(word, dtype=torch.int64, device=device),
        flags=tensor(np.concatenate([d.flags for d in documents])),
        group=tensor(
            np.concatenate([d.groups + o for d, o in zip(documents, offsets[:-1], strict=True)])
        ),
        groups=int(offsets[-1]),
        tags=tensor(np.concatenate([d.tags for d in documents])),
    )
