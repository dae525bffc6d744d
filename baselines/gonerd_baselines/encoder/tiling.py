"""Tables of positions made longer, and LSG's learned global tokens made from those of a short model."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["LSG_GLOBALS", "global_embeddings", "tiled_positions"]

LSG_GLOBALS = 512
"""Rows of LSG's table of global tokens, however many of them are used."""


def tiled_positions(table: Tensor, *, first: int, new_first: int, length: int) -> Tensor:
    """(new_first + length, d): the positions of `table` (r, d) from row `first` on, again and again.

    So do the conversions of Longformer (arXiv 2004.05150, section 5) and LSG (arXiv 2210.15497). The rows
    before, which no token has but padding, are the old ones, and 0 where there are not so many.
    """
    positions = table[first:]
    times = -(-length // len(positions))
    before = table.new_zeros(new_first, table.shape[1])
    kept = min(first, new_first)
    before[:kept] = table[:kept]
    return torch.cat([before, positions.repeat(times, 1)[:length]])


def global_embeddings(
    words: Tensor,
    positions: Tensor,
    token_type: Tensor | None,
    *,
    begin: int,
    mask: int,
    stride: int = 64,
    seed: int = 0,
) -> Tensor:
    """(512, d): LSG's global tokens as lsg-converter 0.1.9 makes them.

    Each is a position's embedding, `stride` apart so that few tokens already span the old length, and the
    mask's word embedding; the first has the word embedding of the token that `begin`s a document.

    Args:
        words: (v, d) embeddings of words.
        positions: (n, d) embeddings of positions, from a document's first on. Under 512 the rest is drawn
            from a normal distribution with their mean and deviation, over 512 some are left out evenly.
        token_type: (d,) what is added to all of them; lsg-converter does so for BERT and not for RoBERTa.
        begin: id of the token that begins a document.
        mask: id of the mask.
        stride: a divisor of 512.
        seed: of the positions that are drawn.
    """
    count = len(positions)
    if count < LSG_GLOBALS:
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(LSG_GLOBALS - count, positions.shape[1], generator=generator)
        mean, deviation = positions.mean(0), positions.std(0)
        positions = torch.cat([positions, mean + deviation * drawn.to(positions)])
    every = len(positions) // LSG_GLOBALS
    positions = positions[: LSG_GLOBALS * every : every].contiguous()
    width = positions.shape[1]
    runs = positions.view(-1, max(1, stride // every), width)  # the first of each come first
    ordered = runs.transpose(0, 1).reshape(-1, width)
    found = ordered + words[mask]
    found[0] = ordered[0] + words[begin]
    return found if token_type is None else found + token_type
