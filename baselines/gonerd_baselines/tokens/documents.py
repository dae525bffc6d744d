"""What is trained on, as a sampler sees it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Documents", "tokens_of"]

CHUNK = 1 << 20
"""Documents whose lengths are read at once."""


class Documents(Protocol):
    """Numbered documents with a length each: a folder of tokens, the features of a task."""

    @property
    def name(self) -> str:
        """For messages: a folder, a dataset's split."""

    @property
    def longest(self) -> int:
        """Tokens of the longest one."""

    @property
    def fingerprint(self) -> str:
        """Of all that training reads: what an interrupted training has to find again."""

    def __len__(self) -> int:
        """How many there are."""

    def lengths_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) tokens of each of `documents` (n,), numbers from 0."""


def tokens_of(documents: Documents) -> int:
    """Tokens of all documents together, in constant memory."""
    return sum(
        int(documents.lengths_of(np.arange(begin, min(begin + CHUNK, len(documents)))).sum())
        for begin in range(0, len(documents), CHUNK)
    )
