"""A passage in tokens, with the characters that each stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gonerd_baselines.tasks.qa.question import Place

if TYPE_CHECKING:
    from tokenizers import Encoding

__all__ = ["PassageTokens"]

_BLANKS = np.array([c for c in range(0x3001) if chr(c).isspace()], np.uint32)
"""All there are: none stands above U+3000."""


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """All n of them; offsets are code points."""

    ids: NDArray[np.int32]
    """(n,)"""
    starts: NDArray[np.int32]
    """(n,) code point where each begins, without the blanks around it."""
    ends: NDArray[np.int32]
    """(n,) where it ends; that of a token of blanks alone is where it begins."""

    @classmethod
    def from_encoding(cls, text: str, encoding: Encoding) -> PassageTokens:
        """Whether a tokenizer counts the blank before a word to the word makes no difference here."""
        blank = np.isin(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4"), _BLANKS)
        places = np.arange(len(text) + 1)
        is_blank = np.append(blank, False)
        # The next place from each on that is no blank, and the last before it.
        after = np.minimum.accumulate(np.where(is_blank, len(text), places)[::-1])[::-1]
        before = np.maximum.accumulate(np.where(np.append(False, blank), 0, places))
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        starts = np.minimum(after[offsets[:, 0]], offsets[:, 1])
        ends = np.maximum(before[offsets[:, 1]], starts)
        return cls(np.array(encoding.ids, np.int32), starts.astype(np.int32), ends.astype(np.int32))

    def __len__(self) -> int:
        return len(self.ids)

    def tokens_of(self, place: Place) -> tuple[int, int] | None:
        """The first and the last token of some characters; None where no token stands for them."""
        start, end = place
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.starts, end, side="left")) - 1
        return (first, last) if first <= last else None

    def segments(self, pinned: Sequence[Place]) -> NDArray[np.int64]:
        """(n,): 1, 2, ... in the pinned words, 0 behind them, -1 for a token of blanks alone."""
        found = np.where(self.ends > self.starts, 0, -1)
        for number, (start, end) in enumerate(pinned, start=1):
            found[(self.starts >= start) & (self.ends <= end) & (found == 0)] = number
        return found
