"""One layer's attention timed by backend and block size: which of them is fastest here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.attention import AttentionPattern, FullAttention, LongformerAttention
from gonerd_baselines.attention.flex import BLOCK, block_mask, document_blocks, flex_attend
from gonerd_baselines.bench.memory_full import is_full
from gonerd_baselines.bench.task import DTYPES
from gonerd_baselines.bench.timing import timed
from gonerd_baselines.packing import Packing, packing_from_lengths

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask

__all__ = ["BLOCKS", "sweep"]

HEADS, HEAD_SIZE = 12, 64
BLOCKS = (64, 128)
"""Tokens of a block of FlexAttention's mask."""


@dataclass(frozen=True, slots=True)
class _Way:
    pattern: AttentionPattern
    backend: str
    block: int | None = None
    """Of FlexAttention's mask."""
    batched: bool = False
    """Scaled dot product attention over the whole batch at once, as flash kernels take it."""


def sweep(device: str, *, documents: int, length: int) -> list[dict[str, Any]]:
    """Seconds forward, and forward and backward, of 12 heads of 64 over `documents` of `length` tokens.

    bfloat16 on CUDA, float32 on a processor, where FlexAttention is left out.
    """
    torch.set_float32_matmul_precision("highest")
    dtype = "bfloat16" if device.startswith("cuda") else "float32"
    packing = packing_from_lengths([length] * documents, device=device)
    return [_record(way, packing, dtype) for way in _ways(device)]


def _ways(device: str) -> Iterator[_Way]:
    full, local = FullAttention(), LongformerAttention(512)
    yield _Way(full, "sdpa", batched=True)
    yield _Way(full, "sdpa")
    yield _Way(local, "blocked")
    if not device.startswith("cuda"):
        return
    yield _Way(full, "varlen")
    yield _Way(local, "varlen")
    for block in BLOCKS:
        yield _Way(full, "flex", block)
        yield _Way(local, "flex", block)


def _record(way: _Way, packing: Packing, dtype: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "pattern": way.pattern.kind,
        "backend": way.backend + (", batch at once" if way.batched else ""),
        "block": way.block,
        "dtype": dtype,
        "documents": len(packing.lengths),
        "length": packing.lengths[0],
        "said": "",
    }
    device = str(packing.document.device)
    shape = (HEADS, packing.tokens, HEAD_SIZE)
    try:
        call = _call(way, packing, DTYPES[dtype])
        q, k, v = (torch.randn(shape, device=device, dtype=DTYPES[dtype]) for _ in range(3))
        with torch.inference_mode():
            record["forward"] = _median(lambda: call(q, k, v), device)
        trained = [x.requires_grad_() for x in (q, k, v)]
        weight = torch.ones_like(q)
        record["both"] = _median(
            lambda: torch.autograd.grad(call(*trained), trained, weight), device
        )
    except ConfigError as problem:
        record["said"] = str(problem)
    except Exception as problem:
        full = "out of memory: " if is_full(problem) else ""
        record["said"] = f"{full}{type(problem).__name__}: {' '.join(str(problem).split())[:400]}"
    return record


def _median(call: Callable[[], Any], device: str) -> float:
    cuda = device.startswith("cuda")
    found = timed(call, device=device, repeat=10 if cuda else 3, warm_up=3 if cuda else 1)
    seconds: float = found.as_json()["median"]
    return seconds


def _call(
    way: _Way, packing: Packing, dtype: torch.dtype
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    if way.batched:
        documents = len(packing.lengths)

        def batched(*inputs: Tensor) -> Tensor:
            q, k, v = (x.view(HEADS, documents, -1, HEAD_SIZE).transpose(0, 1) for x in inputs)
            found = functional.scaled_dot_product_attention(q, k, v)
            return found.transpose(0, 1).reshape(HEADS, -1, HEAD_SIZE)

        return batched
    if way.block is not None:
        mask = _mask(way.pattern, packing, way.block)
        # Left alone the kernel takes tiles of 128 tokens, and refuses smaller blocks.
        tiles = {"fwd_BLOCK_M": way.block, "fwd_BLOCK_N": way.block}
        options = tiles if packing.document.is_cuda and way.block < BLOCK else None
        return lambda q, k, v: flex_attend(q, k, v, mask, kernel_options=options)
    plan = way.pattern.prepare(packing, backend=way.backend, dtype=dtype)
    return lambda q, k, v: way.pattern.attend(q, k, v, plan)


def _mask(pattern: AttentionPattern, packing: Packing, block: int) -> BlockMask:
    """The pattern's mask in blocks of another size than its own plan takes."""
    blocks = document_blocks(packing, block=block)
    document = blocks.document
    reach = pattern.reach if isinstance(pattern, LongformerAttention) else len(document)

    def mask_mod(_: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
        near = (query - key).abs() <= reach
        return near & (document[query] == document[key])

    some, whole = blocks.touch & (blocks.gap <= reach), blocks.same & (blocks.span <= reach)
    return block_mask(some, whole, mask_mod, block=block)
