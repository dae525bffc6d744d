"""Documents laid one after another in a single row of tokens, with no padding between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd.errors import InputError

__all__ = ["Packing", "batches_by_tokens", "numbers_on", "packing_from_lengths", "sent"]


@dataclass(frozen=True, slots=True)
class Packing:
    """Where each of b documents lies in a row of t tokens; t is the sum of `lengths`."""

    lengths: tuple[int, ...]
    """Tokens of each document, b numbers, none of them 0."""
    document: Tensor
    """(t,) int64: which document a token belongs to."""
    position: Tensor
    """(t,) int64: the token's place in its own document, from 0."""

    @property
    def tokens(self) -> int:
        """T, the length of the whole row."""
        return int(self.document.shape[0])

    @property
    def first(self) -> Tensor:
        """(t,) bool: the token begins its document."""
        return self.position == 0


def numbers_on(device: torch.device | str, numbers: Sequence[int]) -> Tensor:
    """(n,) int64, as `sent` has it."""
    return sent(torch.tensor(tuple(numbers), dtype=torch.int64, device="cpu"), device)


def sent(x: Tensor, device: torch.device | str) -> Tensor:
    """`x` of the processor's memory on `device`; nothing waits for what a GPU still computes."""
    return x.pin_memory().to(device, non_blocking=True) if _is_cuda(device) else x.to(device)


def _is_cuda(device: torch.device | str) -> bool:
    return torch.device(device).type == "cuda"


def packing_from_lengths(lengths: Sequence[int], *, device: str = "cpu") -> Packing:
    """The packing of documents with `lengths` tokens, in this order.

    Raises:
        InputError: there is no document, or one has no token.
    """
    if not lengths or min(lengths) < 1:
        raise InputError(
            f"documents of {list(lengths)} tokens can't be packed; each needs one at least"
        )
    sizes = numbers_on(device, lengths)
    tokens = sum(lengths)
    # Told how many there are, they need not be counted on the device.
    number = torch.arange(len(lengths), device=device)
    document = torch.repeat_interleave(number, sizes, output_size=tokens)
    begins = torch.cumsum(sizes, 0) - sizes
    position = torch.arange(tokens, device=device) - begins[document]
    return Packing(tuple(lengths), document, position)


def batches_by_tokens(lengths: Sequence[int], order: Sequence[int], limit: int) -> list[list[int]]:
    """Cut `order` (indexes into `lengths`) into runs of at most `limit` tokens.

    A document longer than `limit` stands in a batch of its own: none is cut.
    """
    batches: list[list[int]] = []
    room = 0
    for index in order:
        if not batches or lengths[index] > room:
            batches.append([])
            room = limit
        batches[-1].append(index)
        room -= lengths[index]
    return batches
