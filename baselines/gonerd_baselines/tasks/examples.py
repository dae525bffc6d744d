"""The documents of a task as a model reads them, with what it is to say of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import InputError
from gonerd_baselines.encoder.vocabulary_loss import IGNORED

__all__ = ["IGNORED", "Example", "Examples", "examples_from"]


@dataclass(frozen=True, slots=True)
class Example:
    """One document: a text, a pair, or a window of one."""

    ids: Sequence[int]
    """(t,) tokens, special ones included."""
    types: Sequence[int] | None = None
    """(t,) token types; None where the tokenizer gives none."""
    labels: Any = None
    """What `Examples.labels` has of one document; None where nobody knows."""


@dataclass(frozen=True)
class Examples:
    """n documents in flat arrays: what training samples from (`Documents`), and what is evaluated."""

    name: str
    """For messages: the file or the split."""
    ids: NDArray[np.int32]
    """(t,) tokens of all documents, one after another."""
    offsets: NDArray[np.int64]
    """(n + 1,) where each document begins."""
    types: NDArray[np.int8] | None = None
    """(t,) token types, as the tokenizer gives them."""
    labels: NDArray[Any] | None = None
    """By the task's head: token (t,) int64 with IGNORED where none counts; sequence (n,) int64 classes or
    (n,) float32 numbers; qa (n, 2) int64, first and last token of the answer, counted in the document."""
    by_token: bool = field(default=False, kw_only=True)
    """Whether `labels` are one a token."""

    def __post_init__(self) -> None:
        if len(self) < 1:
            raise InputError(f"{self.name} has no example")
        lengths = np.diff(self.offsets)
        if lengths.min() < 1:
            raise InputError(f"{self.name}: example {int(lengths.argmin())} has no token")
        wanted = len(self.ids) if self.by_token else len(self)
        if self.labels is not None and len(self.labels) != wanted:
            raise InputError(f"{self.name} has {len(self.labels)} labels, expected {wanted}")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def longest(self) -> int:
        """Tokens of the longest one."""
        return int(np.diff(self.offsets).max())

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Tokens of each."""
        return tuple(np.diff(self.offsets).tolist())

    def lengths_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of each of `documents`, numbers from 0."""
        lengths: NDArray[np.int64] = self.offsets[documents + 1] - self.offsets[documents]
        return lengths

    def tokens_of(self, documents: Sequence[int]) -> NDArray[np.int64]:
        """(t,) the places in `ids` of all tokens of `documents`, in this order."""
        return np.concatenate([np.arange(*self.offsets[d : d + 2]) for d in documents])

    def labels_of(self, documents: Sequence[int]) -> NDArray[Any] | None:
        """Those of `documents`, by token or by document; None where there are none."""
        if self.labels is None:
            return None
        return self.labels[self.tokens_of(documents) if self.by_token else list(documents)]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of tokens, types and labels."""
        total = hashlib.sha256()
        for array in (self.offsets, self.ids, self.types, self.labels):
            total.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        return total.hexdigest()


def examples_from(
    name: str, examples: Iterable[Example], *, head: str, numbers: bool = False
) -> Examples:
    """Those of a task whose model has this `head`; with `numbers` a sequence's label is one.

    Raises:
        InputError: there is none, one is empty, or only some have labels or token types.
    """
    ids: list[NDArray[np.int32]] = []
    types: list[NDArray[np.int8]] = []
    labels: list[NDArray[Any]] = []
    kind = np.float32 if numbers else np.int64
    for example in examples:
        ids.append(np.asarray(example.ids, np.int32))
        if example.types is not None:
            types.append(np.asarray(example.types, np.int8))
        if example.labels is not None:
            labels.append(np.asarray(example.labels, kind))
    for what, found in (("token types", types), ("labels", labels)):
        if len(found) not in (0, len(ids)):
            raise InputError(f"{name}: {len(found)} of {len(ids)} examples have {what}")
    if not ids:
        raise InputError(f"{name} has no example")
    by_token = head == "token"
    join = np.concatenate if by_token else np.stack
    return Examples(
        name,
        np.concatenate(ids),
        np.cumsum([0, *map(len, ids)], dtype=np.int64),
        np.concatenate(types) if types else None,
        join(labels) if labels else None,
        by_token=by_token,
    )
