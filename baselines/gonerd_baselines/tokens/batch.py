"""A batch as the encoder reads it: ids in one row, and where each document lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd_baselines.packing import Packing, packing_from_lengths, sent
from gonerd_baselines.tokens.token_files import TokenFiles

__all__ = ["TokenBatch", "token_batch"]


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Documents one after another."""

    ids: Tensor
    """(t,) int64."""
    packing: Packing
    documents: tuple[int, ...]
    """Their numbers in the folder."""


def token_batch(files: TokenFiles, documents: Sequence[int], *, device: str = "cpu") -> TokenBatch:
    """The tokens of `documents`, with positions that begin anew in each."""
    lengths = [len(files.document(number)) for number in documents]
    ids = sent(torch.from_numpy(files.row(documents)), device)
    return TokenBatch(ids, packing_from_lengths(lengths, device=device), tuple(documents))
