"""Longformer's documents on a CPU: short ones one by one, long ones together in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd_baselines.attention.dense import bias_from_seen
from gonerd_baselines.attention.documents import by_document, laid, sdpa, split_documents
from gonerd_baselines.attention.windowed import WindowedRow, attend_windowed, windowed_row
from gonerd_baselines.packing import Packing, packing_from_lengths

__all__ = ["GlobalRows", "ShortAndLong", "global_rows", "short_and_long"]

QUERIES = 192
"""Of a short document, computed together with the keys near them: torch's kernel on a CPU takes queries in
larger tiles from here on."""


@dataclass(frozen=True, slots=True)
class GlobalRows:
    """Where the global tokens of a row stand; asked of the device once for all layers."""

    places: Tensor
    """(g,) int64."""
    counts: tuple[int, ...]
    """How many each document has."""


def global_rows(packing: Packing, global_tokens: Tensor | None) -> GlobalRows | None:
    """None where there are none."""
    if global_tokens is None:
        return None
    places = global_tokens.nonzero()[:, 0]
    documents = len(packing.lengths)
    counts = torch.bincount(packing.document[places], minlength=documents).tolist()
    return GlobalRows(places, tuple(counts)) if any(counts) else None


@dataclass(frozen=True, slots=True)
class ShortAndLong:
    """What each document of a row is computed with."""

    lengths: tuple[int, ...]
    reach: int
    shorts: dict[int, tuple[Tensor | None, bool]]
    """Of each short document its bias (n, n), None where every token sees every one, and whether it has
    global tokens."""
    longs: list[int]
    row: WindowedRow | None
    """The long documents one after another."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor, *, dropout: float) -> Tensor:
        """(h, t, d) each, the result too."""
        if self.row is not None and not self.shorts:
            return attend_windowed(query, key, value, self.row, dropout=dropout)
        documents = by_document(self.lengths, query, key, value)
        pieces: Iterator[Tensor] = iter(())
        if self.row is not None:
            parts = zip(*(documents[index] for index in self.longs), strict=True)
            q, k, v = (torch.cat(part, dim=1) for part in parts)
            together = attend_windowed(q, k, v, self.row, dropout=dropout)
            sizes = [self.lengths[index] for index in self.longs]
            pieces = iter(split_documents(together, sizes, dim=1))
        found: list[Tensor] = []
        for index, document in enumerate(documents):
            if index in self.shorts:
                found.extend(self._short(index, *document, dropout=dropout))
            else:
                found.append(next(pieces))
        return laid(found)

    def _short(
        self, index: int, query: Tensor, key: Tensor, value: Tensor, *, dropout: float
    ) -> Iterator[Tensor]:
        """Some queries at a time, where that leaves out keys that none of them sees."""
        bias, has_global = self.shorts[index]
        length = query.shape[1]
        if bias is None or has_global or length <= 2 * self.reach:
            yield sdpa(query, key, value, bias, dropout=dropout)
            return
        for begin in range(0, length, QUERIES):
            end = min(begin + QUERIES, length)
            near = slice(max(0, begin - self.reach), min(length, end + self.reach))
            yield sdpa(
                query[:, begin:end],
                key[:, near],
                value[:, near],
                bias[begin:end, near],
                dropout=dropout,
            )


def short_and_long(
    packing: Packing,
    chosen: Sequence[str],
    reach: int,
    global_tokens: Tensor | None,
    rows: GlobalRows | None,
) -> ShortAndLong:
    """`chosen` says of each document whether sdpa computes it, as a short one, or blocked."""
    lengths, device = packing.lengths, packing.document.device
    marks = None if global_tokens is None else split_documents(global_tokens, lengths)
    longs = [index for index, name in enumerate(chosen) if name == "blocked"]
    longest = max((n for n, name in zip(lengths, chosen, strict=True) if name == "sdpa"), default=0)
    place = torch.arange(longest, device=device)
    band = bias_from_seen((place[:, None] - place[None, :]).abs() <= reach)
    shorts: dict[int, tuple[Tensor | None, bool]] = {}
    for index, length in enumerate(lengths):
        if chosen[index] == "blocked":
            continue
        has_global = rows is not None and rows.counts[index] > 0
        bias = None if length <= reach + 1 else band[:length, :length]
        if bias is not None and has_global and marks is not None:
            bias = bias.masked_fill(marks[index][None, :], 0.0)
        shorts[index] = bias, has_global
    row = None
    if longs:
        row = windowed_row(
            packing_from_lengths([lengths[index] for index in longs], device=str(device)),
            reach,
            None if marks is None else torch.cat([marks[index] for index in longs]),
        )
    return ShortAndLong(lengths, reach, shorts, longs, row)
