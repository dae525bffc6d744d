"""A linear-chain CRF over packed documents, which can only say well-formed IOB2 (arXiv 1508.01991).

The partition function of a whole packed row is one product of 9 x 9 matrices, taken pairwise in log2(t)
batched multiplications. Between two documents stands a matrix of rank one (end of the one, start of the
next), so that log Z of the row is the sum of the documents' log Z and none touches another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from gonerd_baselines.packing import Packing

__all__ = ["Crf", "allowed_transitions", "best_tags"]

FORBIDDEN = -1e4
"""A score that no sum of allowed ones reaches; its exp is exactly 0."""


def allowed_transitions(tags: Sequence[str]) -> tuple[list[bool], list[list[bool]]]:
    """Which tags may begin a document, and which may follow which, in strict IOB2."""

    def may_follow(before: str, after: str) -> bool:
        return not after.startswith("I-") or before[1:] == after[1:]

    return [may_follow("O", tag) for tag in tags], [[may_follow(a, b) for b in tags] for a in tags]


class Crf(nn.Module):
    """Scores of whole tag sequences: one per token and tag, one per pair of neighbours, start and end."""

    start_allowed: Tensor
    pair_allowed: Tensor

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__()
        start, pairs = allowed_transitions(tags)
        self.transition = nn.Parameter(torch.zeros(len(tags), len(tags)))
        self.start = nn.Parameter(torch.zeros(len(tags)))
        self.end = nn.Parameter(torch.zeros(len(tags)))
        self.register_buffer("start_allowed", torch.tensor(start), persistent=False)
        self.register_buffer("pair_allowed", torch.tensor(pairs), persistent=False)

    def scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Start (k,), transition (k, k) from row to column, and end (k,), with what is not IOB2 forbidden."""
        start = self.start.masked_fill(~self.start_allowed, FORBIDDEN)
        transition = self.transition.masked_fill(~self.pair_allowed, FORBIDDEN)
        return start, transition, self.end

    def loss(self, emissions: Tensor, tags: Tensor, packing: Packing) -> Tensor:
        """Negative log-likelihood of `tags` (t,) under `emissions` (t, k), summed over the packed row."""
        return self.log_partition(emissions, packing) - self._path_score(emissions, tags, packing)

    def log_partition(self, emissions: Tensor, packing: Packing) -> Tensor:
        """Log Z summed over the documents; double precision, O(t k^3) work in log2(t) steps."""
        start, transition, end = (score.double() for score in self.scores())
        emissions = emissions.double()
        first = packing.first
        between = end[:, None] + start[None, :]
        step = torch.where(first[1:, None, None], between, transition) + emissions[1:, None, :]
        head = (start + emissions[0]).expand(1, len(start), len(start))
        matrices = torch.cat([head, step])  # (t, k, k); every row of the first is the start
        total = torch.zeros((), dtype=emissions.dtype, device=emissions.device)
        top = matrices.detach().amax((1, 2), keepdim=True)
        total = total + top.sum()
        product = (matrices - top).exp()
        while len(product) > 1:
            odd = product[-1:] if len(product) % 2 else product[:0]
            even = len(product) - len(odd)
            product = product[0:even:2] @ product[1:even:2]
            top = product.detach().amax((1, 2), keepdim=True)
            total = total + top.log().sum()
            product = torch.cat([product / top, odd])
        return total + (product[0, 0] @ end.exp()).log()

    def _path_score(self, emissions: Tensor, tags: Tensor, packing: Packing) -> Tensor:
        start, transition, end = (score.double() for score in self.scores())
        first = packing.first
        chosen = emissions.double().gather(1, tags[:, None]).sum()
        inside = ~first[1:]
        pairs = transition[tags[:-1][inside], tags[1:][inside]].sum()
        last = torch.cat([first[1:], first[:1]])  # the token before a first one, and the row's last
        return chosen + pairs + start[tags[first]].sum() + end[tags[last]].sum()


def best_tags(emissions: Tensor, packing: Packing, crf: Crf) -> list[list[int]]:
    """The highest-scoring well-formed tag sequence of every document (Viterbi), all documents at once.

    A document's result depends on nothing but its own emissions; ties go to the lower tag.
    """
    import numpy as np

    with torch.no_grad():
        start, transition, end = (score.double().cpu().numpy() for score in crf.scores())
        emitted = emissions.double().cpu().numpy()
    lengths = np.array(packing.lengths)
    begins = np.cumsum(lengths) - lengths
    order = np.argsort(-lengths, kind="stable")  # longest first: the ones still going are a prefix
    size, tags = len(lengths), emitted.shape[1]
    longest = int(lengths.max())
    back = np.zeros((longest, size, tags), dtype=np.int16)
    score = start + emitted[begins[order]]  # (b, k)
    going = size
    for place in range(1, longest):
        while lengths[order[going - 1]] <= place:
            going -= 1
        reached = score[:going, :, None] + transition  # (b, from, to)
        back[place, :going] = reached.argmax(1)
        score[:going] = reached.max(1) + emitted[begins[order[:going]] + place]
    tag = (score + end).argmax(1)
    found: list[list[int]] = [[] for _ in range(size)]
    for rank, index in enumerate(order):
        path = [int(tag[rank])]
        for place in range(int(lengths[index]) - 1, 0, -1):
            path.append(int(back[place, rank, path[-1]]))
        found[index] = path[::-1]
    return found
