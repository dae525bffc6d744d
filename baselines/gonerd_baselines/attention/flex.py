"""FlexAttention (arXiv 2412.05496) over packed tokens, with block masks built by arithmetic.

`create_block_mask` asks every pair of tokens: 4.3e9 at 65,536. Here a pattern says of pairs of blocks whether
any of their tokens may meet and whether all do, which is 262,144 at that length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.packing import Packing

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask

__all__ = ["BLOCK", "DocumentBlocks", "block_mask", "document_blocks", "flex_attend", "padded"]

BLOCK = 128
"""Tokens of a block of queries and of keys."""

LENGTHS = 128
"""How often FlexAttention may be compiled anew; beyond it stops with an error."""

MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def padded(tokens: int, block: int = BLOCK) -> int:
    """The length to which a row is padded: one of eight steps between powers of two.

    Every new length compiles anew; so few lengths there are, and at most an eighth is computed in vain.
    """
    step = max(block, 1 << max(0, (tokens - 1).bit_length() - 4))
    return -(-tokens // step) * step


@dataclass(frozen=True, slots=True)
class DocumentBlocks:
    """What blocks of a padded row have to do with documents; n blocks."""

    document: Tensor
    """(padded t,) int64; the padding is a document of its own."""
    touch: Tensor
    """(n, n) bool: some token of one stands in the same document as some token of the other."""
    same: Tensor
    """(n, n) bool: all tokens of both stand in one document."""
    gap: Tensor
    """(n, n) int64: the least distance between a token of one and a token of the other."""
    span: Tensor
    """(n, n) int64: the greatest distance."""


def document_blocks(packing: Packing, *, block: int = BLOCK) -> DocumentBlocks:
    """The blocks of the row of `packing`, padded to `padded(t)` tokens."""
    pad = padded(packing.tokens, block) - packing.tokens
    document = functional.pad(packing.document, (0, pad), value=len(packing.lengths))
    first, last = document[::block], document[block - 1 :: block]
    touch = (first[:, None] <= last[None, :]) & (first[None, :] <= last[:, None])
    whole = first == last
    same = whole[:, None] & whole[None, :] & (first[:, None] == first[None, :])
    number = torch.arange(len(first), device=document.device)
    distance = (number[:, None] - number[None, :]).abs() * block
    return DocumentBlocks(
        document=document,
        touch=touch,
        same=same,
        gap=(distance - (block - 1)).clamp(min=0),
        span=distance + (block - 1),
    )


def block_mask(some: Tensor, whole: Tensor, mask_mod: MaskMod, *, block: int = BLOCK) -> BlockMask:
    """A block mask from what is known of pairs of blocks, (n, n) or (h, n, n) bool each.

    `some`: a token of the row's block may see one of the column's (those pairs ask `mask_mod`);
    `whole`: every token sees every one (those don't).
    """
    from torch.nn.attention.flex_attention import BlockMask

    partial = some & ~whole
    return BlockMask.from_kv_blocks(
        *_listed(partial), *_listed(whole), BLOCK_SIZE=block, mask_mod=mask_mod
    )


def _listed(pairs: Tensor) -> tuple[Tensor, Tensor]:
    """Counts (1, h, n) and indices (1, h, n, n) of the true columns of each row, true ones first."""
    pairs = pairs[None, None] if pairs.dim() == 2 else pairs[None]
    order = torch.argsort(pairs.to(torch.int8), dim=-1, descending=True, stable=True)
    return pairs.sum(-1).to(torch.int32), order.to(torch.int32)


def flex_attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: BlockMask,
    *,
    score_mod: Any = None,
    kernel_options: dict[str, Any] | None = None,
) -> Tensor:
    """(h, t, d) queries, (h, u, d) keys and values; padded to the mask's size and cut again.

    Raises:
        ConfigError: a gradient is wanted on a CPU, where FlexAttention has none.
    """
    if query.device.type == "cpu" and any(x.requires_grad for x in (query, key, value)):
        raise ConfigError(
            "attention backend flex can't train on a CPU; expected the backend sdpa or blocked"
        )
    wanted_q, wanted_k = mask.seq_lengths
    found = _compiled()(
        _filled(query, wanted_q)[None],
        _filled(key, wanted_k)[None],
        _filled(value, wanted_k)[None],
        block_mask=mask,
        score_mod=score_mod,
        kernel_options=kernel_options,
    )
    return found[0, :, : query.shape[1]]  # type: ignore[no-any-return]  # torch.compile's result is Any


def _filled(x: Tensor, tokens: int) -> Tensor:
    """(h, t, d) with zeros behind; tokens stay outermost in memory, as projections lay them."""
    gap = tokens - x.shape[1]
    if not gap:
        return x  # where torch's pad would copy
    return functional.pad(x.transpose(0, 1), (0, 0, 0, 0, 0, gap)).transpose(0, 1)


@lru_cache(maxsize=1)
def _compiled() -> Any:
    from torch.nn.attention.flex_attention import flex_attention

    # torch would give up compiling after 8 lengths, and run on with (t, t) scores and a mere warning.
    config = torch._dynamo.config
    config.recompile_limit = max(config.recompile_limit, LENGTHS)
    return torch.compile(flex_attention, dynamic=False, fullgraph=True)
