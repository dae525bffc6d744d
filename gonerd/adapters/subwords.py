"""Words as a model's own tokenizer cuts them: which subwords are read, and which one answers for a word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gonerd.schema import Document, Span
from gonerd.tokens import words_of

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["SubwordReader", "Subwords", "answering_subwords"]

NONE = -1


@dataclass(frozen=True, slots=True)
class Subwords:
    """One text as u units of subwords. Words that share the subword which answers for them are one unit."""

    ids: list[int]
    """From the first word's on: white space before it is not read."""
    firsts: NDArray[np.int64]
    """(u,) the subword with which each unit begins, and which answers for it; ascending from 0."""
    unit_of_word: NDArray[np.int64]
    """(words,) the unit of each word; -1 where no subword stands for it."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(u,) subwords of each unit, with those between it and the next."""
        return np.diff(self.firsts, append=len(self.ids))


class SubwordReader:
    """A fast tokenizer, without limits of its own, and the special subwords that frame what a model reads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True  # "</s>" in a text is text
        self._tokenizer = tokenizer
        self.reads: Literal["text", "words"] = "words" if _made_for_words(tokenizer) else "text"
        framed = tokenizer.encode("a", add_special_tokens=True)
        bare = [number for number, special in enumerate(framed.special_tokens_mask) if not special]
        begin, end = (bare[0], bare[-1] + 1) if bare else (0, 0)
        self.prefix: list[int] = framed.ids[:begin]
        self.suffix: list[int] = framed.ids[end:]

    def read(self, documents: Sequence[Document]) -> list[Subwords]:
        """The subwords of each document."""
        words = [words_of(document) for document in documents]
        if self.reads == "words":
            lists = [
                [d.text[start:end] for start, end in spans]
                for d, spans in zip(documents, words, strict=True)
            ]
            encodings = self._tokenizer.encode_batch(
                lists, is_pretokenized=True, add_special_tokens=False
            )
            answers = [
                _first_of_each(encoding, len(spans))
                for encoding, spans in zip(encodings, words, strict=True)
            ]
        else:
            texts = [document.text for document in documents]
            encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
            answers = [
                answering_subwords(encoding.offsets, spans)
                for encoding, spans in zip(encodings, words, strict=True)
            ]
        return [
            _in_units(encoding.ids, answering)
            for encoding, answering in zip(encodings, answers, strict=True)
        ]


def answering_subwords(offsets: Sequence[Span], words: Sequence[Span]) -> NDArray[np.int64]:
    """(words,) for each word its first subword, by characters; -1 where none stands for it.

    A subword that covers the end of a word and the beginning of the next, as byte-level ones may, answers for
    the second only if no other subword begins in it. Several subwords may cover one character (bytes of an
    emoji): the first of them counts.

    Args:
        offsets: of subwords, ascending; white space before a subword may belong to it.
        words: ascending and disjoint.
    """
    found = np.full(len(words), NONE, dtype=np.int64)
    if not offsets or not words:
        return found
    starts, ends = np.asarray(offsets, dtype=np.int64).T
    ends = np.maximum.accumulate(ends)
    word_starts, word_ends = np.asarray(words, dtype=np.int64).T
    first = np.searchsorted(ends, word_starts, side="right")
    following = np.append(starts, np.iinfo(np.int64).max)  # beyond the last: touches nothing
    shared = following[first] < np.concatenate(([0], word_ends[:-1]))
    has_own = following[np.minimum(first + 1, len(starts))] < word_ends
    first = np.maximum.accumulate(np.where(shared & has_own, first + 1, first))
    touches = following[first] < word_ends
    found[touches] = first[touches]
    return found


def _first_of_each(encoding: Encoding, words: int) -> NDArray[np.int64]:
    """(words,) the first subword of each word that was given by itself."""
    found = np.full(words, NONE, dtype=np.int64)
    numbers = np.asarray(encoding.word_ids, dtype=np.int64)
    present, first = np.unique(numbers, return_index=True)
    found[present] = first
    return found


def _in_units(ids: list[int], answering: NDArray[np.int64]) -> Subwords:
    """The subwords from the first word on, and words that share an answer as one unit."""
    spoken = answering != NONE
    firsts, units = np.unique(answering[spoken], return_inverse=True)
    unit_of_word = np.full(len(answering), NONE, dtype=np.int64)
    unit_of_word[spoken] = units
    begin = int(firsts[0]) if len(firsts) else len(ids)
    return Subwords(ids[begin:], firsts - begin, unit_of_word)


def _made_for_words(tokenizer: Tokenizer) -> bool:
    """Whether a byte-level tokenizer puts a space before each word that it is given by itself.

    Training on words asks for that, and who trains on texts leaves it off: the checkpoint then expects
    every word, also a comma, as it stands after a space.
    """
    return _has_prefix_space(json.loads(tokenizer.to_str())["pre_tokenizer"])


def _has_prefix_space(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    if part.get("type") == "ByteLevel":
        return bool(part.get("add_prefix_space"))
    return any(map(_has_prefix_space, part.get("pretokenizers", ())))
