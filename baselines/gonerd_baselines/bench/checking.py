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

__all__ = ["KINDS", "LENGTHS", "TOLERANCES", "check"]

KINDS = tuple(PATTERNS)
"""Of patterns, each of which can be checked alone."""

LENGTHS = {
    "cuda": (680, 1, 63, 64, 65, 330, 511, 512, 513, 1900, 4096),
    "cpu": (340, 1, 63, 64, 65, 513, 1100),
}
"""Tokens of the packed documents, by kind of device; about GONERD's mean is among them."""

HEADS, HEAD_SIZE = 4, 64

TOLERANCES = {("float32", "forward"): 2e-5, ("float32", "backward"): 5e-5}
TOLERANCES |= {("bfloat16", "forward"): 1e-2, ("bfloat16", "backward"): 2e-2}
"""Largest difference allowed, of the largest number that dense attention gives in float64."""

LOST = 1.5
"""In half precision so many times as much is allowed as dense attention itself loses: landmarks lose most."""


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    pattern: AttentionPattern
    marks: bool = False
    """Some tokens are global, and the whole layer is compared, with their projections."""
    layer: bool = False
    """The whole layer is compared, with all that it has beside the pattern."""
    head_size: int = HEAD_SIZE
    only: str = ""
    """The backend for which alone it is of interest."""


WAYS = ("forward", "backward")


def check(
    device: str,
    *,
    backend: str = AUTO,
    lengths: Sequence[int] | None = None,
    kinds: Sequence[str] = KINDS,
    dtypes: Sequence[str] = tuple(DTYPES),
    as_timed: bool = False,
) -> list[dict[str, Any]]:
    """A record for each pattern, backend and type of numbers: differences and a verdict.

    Verdicts are `right`, `wrong`, and `refused` where the backend says that it can't do this.

    Args:
        device: where.
        backend: this one only; by default all that the device has. FlexAttention is compiled for minutes on
            a processor, and only for inference, so that there it is checked only where it is named.
        lengths: of the packed documents.
        kinds: of patterns.
        dtypes: of numbers.
        as_timed: only what a cell of the benchmark computes: each kind's own pattern by `backend`, which the
            pattern chooses where it is "auto", and forward.
    """
    torch.set_float32_matmul_precision("highest")
    kind = "cuda" if device.startswith("cuda") else "cpu"
    records = []
    for case in _cases(kinds):
        if as_timed and not _is_timed(case):
            continue
        longer = [length + extra_tokens(case.pattern) for length in lengths or LENGTHS[kind]]
        packing = packing_from_lengths(longer, device=device)
        for dtype in dtypes:
            if case.layer and dtype != "float32" and not as_timed:
                continue
            trial = _Trial(case, dtype, packing)
            if as_timed:
                records.append(_record(trial, backend, ways=("forward",)))
                continue
            records += [
                _record(trial, name)
                for name in _backends(case.pattern, kind, backend)
                if case.only in ("", name) and not (name == "varlen" and dtype == "float32")
            ]
    return records


def _cases(kinds: Sequence[str]) -> Iterator[_Case]:
    for kind in kinds:
        pattern_of = PATTERNS[kind]
        row = next(row for row in ROWS.values() if row.attention == kind)
        pattern = pattern_of(row, 0)
        yield _Case(kind, pattern)
        yield _Case(f"{kind}, whole layer", pattern, layer=True)
        if kind == "full":  # as TinyBERT's, which varlen has to widen
            yield _Case(f"{kind}, heads of 26", pattern, head_size=26, only="varlen")
        if kind == "longformer":
            yield _Case(f"{kind}, global tokens", pattern, marks=True, layer=True)
        if kind == "bigbird":
            yield _Case(f"{kind}, hf-eval", BigBirdAttention(mode="hf-eval"))
        if kind == "lsg":
            for selection in SPARSITY_TYPES:
                if selection != LsgAttention().sparsity_type:
                    yield _Case(f"{kind}, {selection}", LsgAttention(sparsity_type=selection))


def _is_timed(case: _Case) -> bool:
    """The pattern of the rows; of Nystromformer the layer, since a part of its attention is there."""
    if case.pattern.kind == "nystromformer":
        return case.layer
    return case.name in KINDS


def _backends(pattern: AttentionPattern, kind: str, backend: str) -> list[str]:
    if backend != AUTO:
        return [backend] if backend in pattern.backends and backend != "dense" else []
    left_out = ("dense",) if kind == "cuda" else ("dense", "varlen", "flex")
    return [name for name in pattern.backends if name not in left_out]


def _record(trial: _Trial, backend: str, *, ways: Sequence[str] = WAYS) -> dict[str, Any]:
    dtype = trial.dtype
    record: dict[str, Any] = {
        "pattern": trial.case.name,
        "backend": backend,
        "dtype": dtype,
        "verdict": "right",
        "said": "",
    }
    try:
        for way in ways:
            if way == "backward" and backend == "flex" and trial.device.type == "cpu":
                continue  # it has none there
            difference = trial.difference(backend, way)
            record[way] = difference
            record["backend"] = " and ".join(sorted(trial.ran))
            if not difference <= TOLERANCES[dtype, way] and not (
                dtype != "float32" and difference <= LOST * trial.difference("dense", way)
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


class _Trial:
    """Random numbers of one type for a case, and what dense attention makes of them in float64."""

    def __init__(self, case: _Case, dtype: str, packing: Packing) -> None:
        self.case, self.dtype, self.packing = case, dtype, packing
        self.device = packing.document.device
        self._marks = _marks(packing) if case.marks else None
        self._call, shapes, self._weights = _function(case, packing)
        generator = torch.Generator().manual_seed(0)
        # Three times as large as usual: near-uniform attention would let a wrong mask pass.
        scale = 1 if case.layer else 3
        self._rounded = [
            (scale * torch.randn(shape, generator=generator)).to(DTYPES[dtype]) for shape in shapes
        ]
        self._weight = torch.randn(shapes[0], generator=generator).to(self.device)
        self._wanted: dict[str, list[Tensor]] = {}
        self.ran: tuple[str, ...] = ()
        """The backends that computed the last difference."""

    def difference(self, backend: str, way: str) -> float:
        """The largest difference of a backend's result, or of its gradients, of the largest number."""
        if way not in self._wanted:
            self._wanted[way] = self._run("dense", torch.float64, way)
        return _distance(self._run(backend, DTYPES[self.dtype], way), self._wanted[way])

    def _run(self, backend: str, kind: torch.dtype, way: str) -> list[Tensor]:
        backward = way == "backward"
        inputs = [
            x.to(self.device, kind, copy=True).requires_grad_(backward) for x in self._rounded
        ]
        plan = self.case.pattern.prepare(
            self.packing, backend=backend, dtype=kind, global_tokens=self._marks
        )
        self.ran = tuple(plan.ran)
        with torch.set_grad_enabled(backward):
            found = self._call(inputs, plan)
        if not backward:
            return [found]
        torch.autograd.backward((found.double() * self._weight).sum())
        grads = [x.grad for x in inputs if x.grad is not None]
        # Together: those of the key's bias are 0, and all that is left of them is rounding.
        flat = [x.grad.flatten() for x in self._weights if x.grad is not None]
        for parameter in self._weights:
            parameter.grad = None
        return [*grads, torch.cat(flat)] if flat else grads


def _function(
    case: _Case, packing: Packing
) -> tuple[Callable[[list[Tensor], Any], Tensor], list[tuple[int, ...]], list[nn.Parameter]]:
    """What is compared, the shapes of what goes in, and the weights that get gradients."""
    pattern = case.pattern
    if not case.layer:
        shape = (HEADS, packing.tokens, case.head_size)
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
