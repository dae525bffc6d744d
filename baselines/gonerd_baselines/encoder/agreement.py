"""Whether a converted model still computes what its original did, on documents where both are the same."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from gonerd_baselines.attention import FullAttention
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.packing import Packing, packing_from_lengths

__all__ = ["TOLERANCE", "Agreement", "agreement"]

TOLERANCE = 1e-4
"""The largest difference that passes, as a share of the largest number."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the comparison found; hidden states, and logits where there is a head."""

    lengths: tuple[int, ...]
    """Tokens of the documents, of random words."""
    where: str
    """Why the two have to agree there."""
    difference: float
    largest: float
    """The largest number that was compared."""
    without_globals: float | None = None
    """For LSG: the largest difference to the original without global tokens before its documents."""

    @property
    def agrees(self) -> bool:
        """Whether the difference is rounding."""
        return self.difference <= TOLERANCE * self.largest

    def as_json(self) -> dict[str, Any]:
        """For convert.json."""
        return {**asdict(self), "tolerance": TOLERANCE, "agrees": self.agrees}


def agreement(
    source: Checkpoint, converted: Checkpoint, *, longest: int, where: str, seed: int = 0
) -> Agreement:
    """Compare both on documents of `longest` tokens, half as many, and one.

    Half precision is compared in single. A Longformer has to agree with and without its first tokens
    global, since global projections are copies.
    """
    lengths = (longest, (longest + 1) // 2, 1)
    packing = packing_from_lengths(lengths)
    old, new = (_in_single(x.model) for x in (source, converted))
    before, after = _encoder(old), _encoder(new)
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, before.config.vocab_size, (packing.tokens,), generator=generator)
    without = None
    with torch.no_grad():
        wanted = before(ids, packing)
        found = [after(ids, packing)]
        if after.config.extra_tokens:
            without = _largest(found[0] - wanted)
            wanted = _behind_globals(before, after, ids, packing)
        if after.config.kind == "longformer":
            found.append(after(ids, packing, global_tokens=packing.first))
        difference = max(_largest(each - wanted) for each in found)
        largest = _largest(wanted)
        if isinstance(old, Model) and isinstance(new, Model):
            said, again = (model.head(wanted, packing, ids) for model in (old, new))
            difference = max(difference, _largest(again - said))
            largest = max(largest, _largest(said))
    return Agreement(lengths, where, difference, largest, without)


def _in_single(model: Encoder | Model) -> Encoder | Model:
    if next(model.parameters()).dtype == torch.float32 and not model.training:
        return model
    return copy.deepcopy(model).float().eval()


def _encoder(model: Encoder | Model) -> Encoder:
    return model if isinstance(model, Encoder) else model.encoder


def _largest(x: Tensor) -> float:
    return float(x.abs().max())


def _behind_globals(before: Encoder, after: Encoder, ids: Tensor, packing: Packing) -> Tensor:
    """What the original says where the learned global tokens of `after` stand before its documents."""
    count = after.config.extra_tokens
    table = after.embeddings.get_parameter("global_embeddings.weight")
    learned = before.embeddings.LayerNorm(table[:count])
    parts = before.embeddings(ids, packing, None).split(packing.lengths)
    longer = packing_from_lengths([length + count for length in packing.lengths])
    x = torch.cat([rows for part in parts for rows in (learned, part)])
    plan = FullAttention().prepare(longer)
    documents = before.encoder(x, [plan] * before.config.num_hidden_layers).split(longer.lengths)
    if after.config.pools_extra_tokens:
        return torch.cat([torch.cat([part[:1], part[count + 1 :]]) for part in documents])
    return torch.cat([part[count:] for part in documents])
