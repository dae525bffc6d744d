"""What a device can do at most, in operations and in bytes a second: the roof over every cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from gonerd_baselines.bench.task import DTYPES
from gonerd_baselines.bench.timing import timed

__all__ = ["KNOWN", "Peak", "operations_of", "peak_of"]

KNOWN = {("H200", "bfloat16"): (790e12, 4.3e12)}
"""By a part of the device's name and the type of numbers; long runs, measured elsewhere."""

SIDE = {"cuda": 8192, "cpu": 1024}
"""Of the square matrices that are multiplied."""
COPIED = {"cuda": 2**30, "cpu": 2**25}
"""Numbers that are copied."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Of one type of numbers."""

    operations_a_second: float
    bytes_a_second: float
    """Read and written."""
    source: str
    """Where the figures come from."""

    def as_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


def peak_of(device: str, dtype: str) -> Peak:
    """The known figures of a device, else the best of a few square matrix products and copies."""
    if (known := _known(device, dtype)) is not None:
        return known
    kind = _kind(device)
    source = torch.zeros(COPIED[kind], dtype=DTYPES[dtype], device=device)
    target = torch.empty_like(source)
    copy = timed(lambda: target.copy_(source), device=device, repeat=5, warm_up=1)
    return Peak(
        _best_product(device, dtype),
        2 * source.numel() * source.element_size() / min(copy.seconds),
        f"measured here: product of {SIDE[kind]} x {SIDE[kind]}, copy of {source.nbytes // 2**20} MiB",
    )


def operations_of(device: str, dtype: str) -> float:
    """Operations a second at most, as `peak_of` has them, without the copies."""
    known = _known(device, dtype)
    return _best_product(device, dtype) if known is None else known.operations_a_second


def _known(device: str, dtype: str) -> Peak | None:
    if _kind(device) != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    for (part, of_dtype), (operations, traffic) in KNOWN.items():
        if part in name and of_dtype == dtype:
            return Peak(operations, traffic, f"measured before on {part}")
    return None


def _best_product(device: str, dtype: str) -> float:
    torch.set_float32_matmul_precision("highest")
    side = SIDE[_kind(device)]
    a, b = (torch.randn(side, side, dtype=DTYPES[dtype], device=device) for _ in range(2))
    product = timed(lambda: a @ b, device=device, repeat=5, warm_up=1)
    return 2 * side**3 / min(product.seconds)


def _kind(device: str) -> str:
    return "cuda" if device.startswith("cuda") else "cpu"
