"""Seconds of a call after warm-up: CUDA's own events on a GPU, clock and processor time elsewhere."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["FEWEST_RUNS", "Timing", "timed"]

FEWEST_RUNS = 3
"""A limit of time does not end the runs before so many."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds of each run, in their order."""

    seconds: tuple[float, ...]
    processor_seconds: tuple[float, ...]
    """Of all threads; empty on a GPU."""

    def as_json(self) -> dict[str, Any]:
        """Median and spread, and every run."""
        found: dict[str, Any] = {
            "median": statistics.median(self.seconds),
            "least": min(self.seconds),
            "most": max(self.seconds),
            "runs": len(self.seconds),
            "each": [round(second, 6) for second in self.seconds],
        }
        if self.processor_seconds:
            found["processor_median"] = statistics.median(self.processor_seconds)
        return found


def timed(
    call: Callable[[], Any],
    *,
    device: str,
    repeat: int,
    warm_up: int,
    at_most_seconds: float | None = None,
) -> Timing:
    """Run `call` `warm_up` and then `repeat` times; what it returns is dropped before the next run.

    The limit of time holds for either: the warm-up then ends after one run at least.
    """
    one = _on_cuda if device.startswith("cuda") else _on_processor
    warming = 0.0
    for _ in range(warm_up):
        warming += one(call)[0]
        if at_most_seconds is not None and warming >= at_most_seconds:
            break
    seconds: list[float] = []
    processor: list[float] = []
    while len(seconds) < repeat:
        wall, busy = one(call)
        seconds.append(wall)
        if busy is not None:
            processor.append(busy)
        enough = at_most_seconds is not None and sum(seconds) >= at_most_seconds
        if enough and len(seconds) >= FEWEST_RUNS:
            break
    return Timing(tuple(seconds), tuple(processor))


def _on_processor(call: Callable[[], Any]) -> tuple[float, float | None]:
    busy, began = time.process_time(), time.perf_counter()
    call()
    return time.perf_counter() - began, time.process_time() - busy


def _on_cuda(call: Callable[[], Any]) -> tuple[float, float | None]:
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    begin.record()
    call()
    end.record()
    torch.cuda.synchronize()
    return begin.elapsed_time(end) / 1000, None
