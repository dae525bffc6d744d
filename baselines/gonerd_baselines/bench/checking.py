"""Every attention backend against the dense one, on packed documents, forward and backward.

A wrong mask is fast: so this runs before anything is timed on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gonerd.errors import ConfigError
from gonerd_baselines.attention import (
    AUTO,
    AttentionPattern,
    BigBirdAttention,
    LayerShape,
    LsgAttention,
    extra_tokens,
)
from gonerd_baselines.attention.lsg import SPARSITY_TYPES
from gonerd_baselines.bench.our_model import PATTERNS
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.task import DTYPES
from gonerd_baselines.packing import Packing, packing_from_lengths

__all__ = ["LENGTHS", "TOLERANCES", "check"]

LENGTHS = {
    "cuda": (680, 1, 63, 64, 65, 330, 511, 512, 513, 1900, 4096),
    "cpu": (340, 1, 63, 64, 65, 513, 1100),
}
"""Tokens of the packed documents, by kind of device; about GONERD's mean is among them."""

HEADS, HEAD_SIZE = 4, 64

TOLERANCES = {("float32", "forward"): 2e-5, ("float32", "backward"): 5e-5}
TOLERANCES |= {("bfloat16", "forward"): 1e-2, ("bfloat16", "backward"): 2e-2}
"""Largest difference allowed, of the largest number that dense attention gives in float64."""


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    pattern: AttentionPattern
    marks: bool = False
    """Some tokens are global, and the whole layer is compared, with their projections."""
    layer: bool = False
    """The whole layer is compared, with all that it has beside the pattern."""


def check(
    device: str, *, backend: str = AUTO, lengths: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """A record for each pattern, backend and type of numbers: differences and a verdict.

    Verdicts are `right`, `wrong`, and `refused` where the backend says that it can't do this.

    Args:
        device: where.
        backend: this one only; by default all that the device has. FlexAttention is compiled for minutes on
            a processor, and only for inference, so that there it is checked only where it is named.
        lengths: of the packed documents.
    """
    torch.set_float32_matmul_precision("highest")
    kind = "cuda" if device.startswith("cuda") else "cpu"
    return [
        _record(case, name, dtype, device, tuple(lengths or LENGTHS[kind]))
        for case in _cases()
        for name in _backends(case.pattern, kind, backend)
        for dtype in DTYPES
        if not (case.layer and dtype != "float32") and not (name == "varlen" and dtype == "float32")
    ]


def _cases() -> Iterator[_Case]:
    for kind, pattern_of in PATTERNS.items():
        row = next(row for row in ROWS.values() if row.attention == kind)
        pattern = pattern_of(row, 0)
        yield _Case(kind, pattern)
        yield _Case(f"{kind}, whole layer", pattern, layer=True)
        if kind == "longformer":
            yield _Case(f"{kind}, global tokens", pattern, marks=True, layer=True)
    yield _Case("bigbird, hf-eval", BigBirdAttention(mode="hf-eval"))
    for selection in SPARSITY_TYPES:
        if selection != LsgAttention().sparsity_type:
            yield _Case(f"lsg, {selection}", LsgAttention(sparsity_type=selection))


def _backends(pattern: AttentionPattern, kind: str, backend: str) -> list[str]:
    if backend != AUTO:
        return [backend] if backend in pattern.backends and backend != "dense" else []
    left_out = ("dense",) if kind == "cuda" else ("dense", "varlen", "flex")
    return [name for name in pattern.backends if name not in left_out]


def _record(
    case: _Case, backend: str, dtype: str, device: str, lengths: tuple[int, ...]
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "pattern": case.name,
        "backend": backend,
        "dtype": dtype,
        "verdict": "right",
        "said": "",
    }
    longer = [length + extra_tokens(case.pattern) for length in lengths]
    packing = packing_from_lengths(longer, device=device)
    try:
        for way, difference in _differences(case, backend, dtype, packing):
            record[way] = difference
            if not difference <= TOLERANCES[dtype, way] and not (
                dtype != "float32" and difference <= _allowed(case, dtype, packing)[way]
            ):
                record["verdict"] = "wrong"
                said = f"{way} differs by {difference:.1e} of the largest number"
                record["said"] = "; ".join(filter(None, (record["said"], said)))
    except ConfigError as problem:
        done = "forward" in record
        record |= {"said": str(problem)} if done else {"said": str(problem), "verdict": "refused"}
    except Exception as problem:
        said = " ".join(str(problem).split())[:400]
        record |= {"verdict": "wrong", "said": f"{type(problem).__name__}: {said}"}
    return record


def _allowed(case: _Case, dtype: str, packing: Packing) -> dict[str, float]:
    """Half as much again as dense attention itself loses in half precision: landmarks lose most."""
    return {way: 1.5 * lost for way, lost in _differences(case, "dense", dtype, packing)}


def _differences(
    case: _Case, backend: str, dtype: str, packing: Packing
) -> Iterator[tuple[str, float]]:
    """First of the result, then of the gradients."""
    numbers = DTYPES[dtype]
    device = packing.document.device
    marks = _marks(packing) if case.marks else None
    call, shapes, weights = _function(case, packing)
    generator = torch.Generator().manual_seed(0)
    # Three times as large as usual: near-uniform attention would let a wrong mask pass.
    rounded = [(3 * torch.randn(shape, generator=generator)).to(numbers) for shape in shapes]
    if case.layer:
        rounded = [x / 3 for x in rounded]
    weight = torch.randn(shapes[0], generator=generator).to(device)

    def run(name: str, kind: torch.dtype, *, backward: bool) -> list[Tensor]:
        inputs = [x.to(device, kind, copy=True).requires_grad_(backward) for x in rounded]
        plan = case.pattern.prepare(packing, backend=name, dtype=kind, global_tokens=marks)
        with torch.set_grad_enabled(backward):
            found = call(inputs, plan)
        if not backward:
            return [found]
        torch.autograd.backward((found.double() * weight).sum())
        grads = [x.grad for x in inputs if x.grad is not None]
        # Together: those of the key's bias are 0, and all that is left of them is rounding.
        flat = [x.grad.flatten() for x in weights if x.grad is not None]
        for parameter in weights:
            parameter.grad = None
        return [*grads, torch.cat(flat)] if flat else grads

    yield (
        "forward",
        _distance(
            run(backend, numbers, backward=False), run("dense", torch.float64, backward=False)
        ),
    )
    if device.type == "cpu" and backend == "flex":
        return
    yield (
        "backward",
        _distance(run(backend, numbers, backward=True), run("dense", torch.float64, backward=True)),
    )


def _function(
    case: _Case, packing: Packing
) -> tuple[Callable[[list[Tensor], Any], Tensor], list[tuple[int, ...]], list[nn.Parameter]]:
    """What is compared, the shapes of what goes in, and the weights that get gradients."""
    pattern = case.pattern
    if not case.layer:
        shape = (HEADS, packing.tokens, HEAD_SIZE)
        return lambda qkv, plan: pattern.attend(qkv[0], qkv[1], qkv[2], plan), [shape] * 3, []
    torch.manual_seed(0)
    layer = pattern.self_attention(LayerShape(HEADS * HEAD_SIZE, HEADS)).eval()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.1)
    layer.to(packing.document.device)

    def call(inputs: list[Tensor], plan: Any) -> Tensor:
        found: Tensor = layer.to(inputs[0].dtype)(inputs[0], plan)
        return found

    return call, [(packing.tokens, HEADS * HEAD_SIZE)], list(layer.parameters())


def _marks(packing: Packing) -> Tensor:
    """(t,) bool: the first token of every other document, and one from its middle."""
    sizes = torch.tensor(packing.lengths, device=packing.document.device)[packing.document]
    place = packing.position
    return (packing.document % 2 == 0) & ((place == 0) | (place == sizes // 2))


def _distance(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
    """The largest difference, of the largest number wanted; infinite where something is no number."""
    worst = 0.0
    for mine, oracle in zip(found, wanted, strict=True):
        difference = (mine.double() - oracle).abs().max() / oracle.abs().max()
        worst = max(worst, float(difference) if bool(torch.isfinite(difference)) else float("inf"))
    return worst
