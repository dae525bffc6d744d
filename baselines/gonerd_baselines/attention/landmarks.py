"""Landmarks of packed documents, the inverse between them, and three ways to attend from and to them.

Letters beside `pattern`'s: m landmarks of each document; here every document has more tokens than landmarks.

A document of n tokens is cut into m segments, the first n mod m of which hold one token more (as numpy's
array_split has it); its landmarks are their means. Where m divides n those are equal segments.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from gonerd_baselines.attention.documents import (
    attend_varlen,
    by_document,
    laid,
    sdpa,
    split_documents,
    starts_of,
)
from gonerd_baselines.attention.flex import padded
from gonerd_baselines.packing import Packing, numbers_on, sent

__all__ = ["LandmarkWay", "landmark_way", "pseudo_inverse"]


def pseudo_inverse(kernel: Tensor, *, iterations: int, over: tuple[int, ...]) -> Tensor:
    """The iterative Moore-Penrose inverse of arXiv 2102.03902, section 3.2: (b, h, m, m) to the same.

    It begins with the transpose, divided by the greatest sum of a column; `over` are the dimensions of which
    it is the greatest. It converges in single precision, not in half.
    """
    greatest = kernel.sum(-2, keepdim=True).amax(over, keepdim=True)
    found = (kernel.transpose(-1, -2) / greatest).flatten(0, 1)
    matrix = kernel.flatten(0, 1)
    for _ in range(iterations):
        # Z (13 I - A (15 I - A (7 I - A))) / 4 with A = K Z. Sums are taken inside a product or along the
        # diagonal: each operation over whole matrices wakes the other cores, and they are small.
        a = torch.bmm(matrix, found)
        inner = torch.baddbmm(a, a, a, beta=1.75, alpha=-0.25)
        inner.diagonal(dim1=1, dim2=2).sub_(3.75)
        inner = torch.bmm(inner, a)
        inner.diagonal(dim1=1, dim2=2).add_(3.25)
        found = torch.bmm(found, inner)
    return found.view_as(kernel)


class LandmarkWay(Protocol):
    """How a backend computes what lies between tokens (h, t, d) and landmarks (b, h, m, d)."""

    def means(self, x: Tensor) -> Tensor:
        """Tokens to landmarks, in single precision at least."""

    def gathered(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Landmarks (b, h, m, d) attend to the tokens of their documents: (b, h, m, d)."""

    def spread(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Tokens (h, t, d) attend to the landmarks (b, h, m, d) of their documents: (h, t, d)."""


def landmark_way(backend: str, packing: Packing, landmarks: int) -> LandmarkWay:
    """The way of sdpa, blocked or varlen with documents that have more than `landmarks` tokens."""
    if backend == "sdpa":
        return _OneByOne(packing, landmarks)
    return _grouped(packing, landmarks) if backend == "blocked" else _varlen(packing, landmarks)


@dataclass(frozen=True, slots=True)
class _OneByOne:
    """A call of scaled dot product attention for each document."""

    packing: Packing
    landmarks: int

    def means(self, x: Tensor) -> Tensor:
        parts = split_documents(x, self.packing.lengths, dim=1)
        return _stacked([_means(part, self.landmarks) for part in parts])

    def gathered(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        documents = by_document(self.packing.lengths, key, value)
        return _stacked([sdpa(q, k, v) for q, (k, v) in zip(query, documents, strict=True)])

    def spread(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        documents = split_documents(query, self.packing.lengths, dim=1)
        return laid([sdpa(q, k, v) for q, k, v in zip(documents, key, value, strict=True)])


def _stacked(parts: list[Tensor]) -> Tensor:
    return torch.stack(parts) if len(parts) > 1 else parts[0][None]


def _means(x: Tensor, landmarks: int) -> Tensor:
    """(h, n, d) to (h, m, d), from views of the longer and of the shorter segments."""
    size, more = divmod(x.shape[1], landmarks)
    heads, _, width = x.shape
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    row = x.transpose(0, 1).reshape(x.shape[1], -1)
    longer, shorter = torch.split(row, [more * (size + 1), (landmarks - more) * size])
    means = _of_segments(shorter, size)
    if more:
        means = torch.cat([_of_segments(longer, size + 1), means])
    return means.view(landmarks, heads, width).transpose(0, 1)


def _of_segments(row: Tensor, size: int) -> Tensor:
    """(m size, h d) to (m, h d), by a product, which takes half the time of `mean` on a CPU."""
    parts = row.view(-1, size, row.shape[1])
    share = row.new_full((1, 1, size), 1 / size).expand(len(parts), -1, -1)
    return torch.bmm(share, parts)[:, 0]


@dataclass(frozen=True, slots=True)
class _Segments:
    """Which landmark each token of a row belongs to."""

    landmarks: int
    number: Tensor
    """(t,) int64, the first document's landmarks first."""
    size: Tensor
    """(b m,) int64: tokens of each."""

    def means(self, x: Tensor) -> Tensor:
        """(h, t, d) to (b, h, m, d)."""
        exact = torch.promote_types(x.dtype, torch.float32)
        sums = x.new_zeros(len(self.size), x.shape[0], x.shape[2], dtype=exact)
        sums = sums.index_add(0, self.number, x.transpose(0, 1).to(exact))
        means = sums / self.size[:, None, None]
        return means.view(-1, self.landmarks, *means.shape[1:]).transpose(1, 2)


def _segments(packing: Packing, landmarks: int) -> _Segments:
    device = packing.document.device
    lengths = numbers_on(device, packing.lengths)
    column = torch.arange(landmarks, device=device)
    longer = column < (lengths % landmarks)[:, None]
    sizes = ((lengths // landmarks)[:, None] + longer).flatten()
    number = torch.arange(len(sizes), device=device)
    # Told how many they are, they need not be counted on the device.
    number = number.repeat_interleave(sizes, output_size=packing.tokens)
    return _Segments(landmarks, number, sizes)


@dataclass(frozen=True, slots=True)
class _Group:
    """G documents of about the same length, padded to that of the longest, n."""

    document: Tensor
    """(g,) int64."""
    place: Tensor
    """(g, n) int64: where their tokens stand in the row; any place for padding."""
    seen: Tensor | None
    """(g, 1, 1, n) bool: no padding; None where there is none."""

    def taken(self, x: Tensor) -> Tensor:
        """(h, t, d) to (g, h, n, d)."""
        # index_select, as the gradient of indexing is slow.
        rows = x.transpose(0, 1).index_select(0, self.place.flatten())
        return rows.view(*self.place.shape, *rows.shape[1:]).transpose(1, 2)


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Documents of about the same length at once."""

    segments: _Segments
    groups: tuple[_Group, ...]
    order: Tensor
    """(b,) int64: for each document its place among the groups' documents."""
    back: Tensor
    """(t,) int64: for each token its place among the groups' tokens, padding counted."""

    def means(self, x: Tensor) -> Tensor:
        return self.segments.means(x)

    def gathered(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        found = [
            functional.scaled_dot_product_attention(
                query[group.document], group.taken(key), group.taken(value), attn_mask=group.seen
            )
            for group in self.groups
        ]
        return torch.cat(found).index_select(0, self.order)

    def spread(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        found = []
        for group in self.groups:
            part = functional.scaled_dot_product_attention(
                group.taken(query), key[group.document], value[group.document]
            )
            found.append(part.transpose(1, 2).flatten(0, 1))
        return torch.cat(found).index_select(0, self.back).transpose(0, 1)


def _grouped(packing: Packing, landmarks: int) -> _Grouped:
    """Groups of lengths that differ by an eighth at most."""
    device = packing.document.device
    alike: dict[int, list[int]] = defaultdict(list)
    for index, length in enumerate(packing.lengths):
        alike[padded(length, 16)].append(index)
    sizes = torch.tensor(packing.lengths)
    begins = torch.cumsum(sizes, 0) - sizes
    groups: list[_Group] = []
    places: list[Tensor] = []
    for members in alike.values():
        column = torch.arange(int(sizes[members].max()))
        seen = column < sizes[members, None]
        place = torch.where(seen, begins[members, None] + column, 0)
        places.append(torch.where(seen, place, -1).flatten())
        mask = None if bool(seen.all()) else sent(seen[:, None, None], device)
        groups.append(_Group(numbers_on(device, members), sent(place, device), mask))
    flat = torch.cat(places)
    order = torch.tensor([index for members in alike.values() for index in members])
    # Padding's -1 sorts before all tokens.
    return _Grouped(
        segments=_segments(packing, landmarks),
        groups=tuple(groups),
        order=sent(order.argsort(), device),
        back=sent(flat.argsort()[-packing.tokens :], device),
    )


@dataclass(frozen=True, slots=True)
class _Varlen:
    """Flash attention over packed sequences, of tokens on one side and of landmarks on the other."""

    segments: _Segments
    starts: Tensor
    """(b + 1,) int32: where documents begin in the row."""
    longest: int
    marks: Tensor
    """(b + 1,) int32: where documents begin among the landmarks."""

    def means(self, x: Tensor) -> Tensor:
        return self.segments.means(x)

    def gathered(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        landmarks = self.segments.landmarks
        tokens = (self.starts, self.longest)
        found = attend_varlen(_row(query), key, value, self.marks, landmarks, keys=tokens)
        heads, _, width = found.shape
        return found.reshape(heads, -1, landmarks, width).transpose(0, 1)

    def spread(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        marks = (self.marks, self.segments.landmarks)
        return attend_varlen(query, _row(key), _row(value), self.starts, self.longest, keys=marks)


def _varlen(packing: Packing, landmarks: int) -> _Varlen:
    segments = _segments(packing, landmarks)
    begins = torch.arange(len(packing.lengths) + 1, device=packing.document.device) * landmarks
    return _Varlen(segments, starts_of(packing), max(packing.lengths), begins.to(torch.int32))


def _row(landmarks: Tensor) -> Tensor:
    """(b, h, m, d) to (h, b m, d)."""
    return landmarks.transpose(0, 1).flatten(1, 2)
