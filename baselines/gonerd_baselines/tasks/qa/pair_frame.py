"""What a tokenizer puts around a question and a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonerd.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["PairFrame", "pair_frame"]


@dataclass(frozen=True, slots=True)
class PairFrame:
    """What a tokenizer puts around a pair of texts, and the types of all parts."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, ...]
    """Of before, first text, between, second text, after: special tokens one by one, a text once."""

    @property
    def special(self) -> int:
        """Tokens that belong to no text."""
        return len(self.before) + len(self.between) + len(self.after)

    def ids(self, question: Sequence[int], passage: Sequence[int]) -> list[int]:
        """Of both texts in their frame."""
        return [*self.before, *question, *self.between, *passage, *self.after]

    def type_ids(self, question: int, passage: int) -> list[int]:
        """Of texts with so many tokens."""
        b, m, types = len(self.before), len(self.between), self.types
        return [
            *types[:b],
            *[types[b]] * question,
            *types[b + 1 : b + 1 + m],
            *[types[b + 1 + m]] * passage,
            *types[b + 2 + m :],
        ]


def pair_frame(tokenizer: Tokenizer, *, name: str) -> PairFrame:
    """By the tokenizer's own template; `name` is for messages.

    Raises:
        InputError: nothing stands between the two texts, or the template is none of this kind.
    """
    encoding = tokenizer.encode("a", "a")
    parts = encoding.sequence_ids
    texts = [place for place, part in enumerate(parts) if part is not None]
    first = [place for place in texts if parts[place] == 0]
    second = [place for place in texts if parts[place] == 1]
    if not first or not second or first[-1] > second[0] or second[0] - first[-1] < 2:
        raise InputError(
            f"{name}: its tokenizer puts nothing between a question and a text, expected a separator"
        )
    ids, types = encoding.ids, encoding.type_ids
    gap = slice(first[-1] + 1, second[0])
    return PairFrame(
        tuple(ids[: first[0]]),
        tuple(ids[gap]),
        tuple(ids[second[-1] + 1 :]),
        (
            *types[: first[0]],
            types[first[0]],
            *types[gap],
            types[second[0]],
            *types[second[-1] + 1 :],
        ),
    )
