"""What a model costs at fixed lengths: time of a batch, tokens per second, peak memory."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gonerd.adapters import Adapter, Batched
from gonerd.adapters.predicting import answered
from gonerd.errors import GonerdError
from gonerd.evaluation.lengths import documents_of_length
from gonerd.evaluation.machine_paths import without_machine_paths
from gonerd.evaluation.memory import (
    begin_peaks,
    empty_cache,
    gpu_peaks_mib,
    is_out_of_memory,
    ram_mib,
    resident_peak_mib,
    synchronize,
)
from gonerd.schema import Document

__all__ = ["STARTED_ANEW", "Cost", "CostPlan", "cost_of"]

WITHOUT_A_MODEL = ("preds",)
"""Kinds that look predictions up: there is nothing to time."""


STARTED_ANEW = ("cmd",)
"""Kinds that start a program whenever they are asked."""


@dataclass(frozen=True, slots=True)
class CostPlan:
    """How much is measured."""

    lengths: tuple[int, ...] = (512, 4096)
    """Tokens of the dataset."""
    seconds: float = 5.0
    """A cell ends after so many, and a batch above 1 takes at most a quarter of them."""
    runs: int = 20
    """A cell ends after so many, too."""
    most_tokens: int = 2**18
    """A batch holds at most so many."""
    most_memory: float = 0.5
    """With a batch above 1, the process holds at most so much of the machine's memory."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One length at one batch size."""

    len: int
    batch: int
    n: int = 0
    """Timed batches."""
    p50_ms: float | None = None
    """Of one batch."""
    p95_ms: float | None = None
    tok_s: float | None = None
    peak_rss_mib: int | None = None
    """Model, libraries and what earlier work left included."""
    peak_allocated_mib: int | None = None
    peak_reserved_mib: int | None = None
    oom: bool = False
    """Memory ran out: nothing could be timed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cells, and what is to be said about them."""

    cells: Sequence[Cell] = ()
    note: str = ""

    def as_json(self) -> list[dict[str, Any]]:
        """The `efficiency.by_length` of a result."""
        return [asdict(cell) for cell in self.cells]


def cost_of(adapter: Adapter, documents: Callable[[], Iterable[Document]], plan: CostPlan) -> Cost:
    """Time an adapter on texts of fixed lengths, one at a time and as many at once as fit.

    Args:
        adapter: one that can't be told its batch size is timed with one document at a time.
        documents: gives the split's documents anew at each call.
        plan: how much is measured.

    A problem is no reason to lose the run that it belongs to: it is said in the note.
    """
    if adapter.card.kind in WITHOUT_A_MODEL:
        return Cost(note=f"cost at fixed lengths does not apply to {adapter.card.kind}")
    cells: list[Cell] = []
    notes: list[str] = []
    if adapter.card.kind in STARTED_ANEW:
        notes.append(
            "each time at a fixed length includes the start of the program and its loading"
        )
    for length in plan.lengths:
        try:
            cells += _Length(adapter, documents, length, plan).cells()
        except Exception as problem:
            said = without_machine_paths(" ".join(str(problem).split()))[:200]
            kind = "" if isinstance(problem, GonerdError) else f"{type(problem).__name__}: "
            notes.append(f"cost at {length} tokens could not be measured ({kind}{said})")
    return Cost(cells, "; ".join(notes))


class _Length:
    """Cells of one length."""

    def __init__(
        self,
        adapter: Adapter,
        documents: Callable[[], Iterable[Document]],
        length: int,
        plan: CostPlan,
    ) -> None:
        self._adapter = adapter
        self._sized: tuple[int, Adapter] = (0, adapter)
        self._device = adapter.policy.device
        self._length = length
        self._plan = plan
        most = plan.most_tokens // length if isinstance(adapter, Batched) else 1
        self._supply = documents_of_length(documents, length, max(most, 1))

    def cells(self) -> list[Cell]:
        """Batch 1, the largest batch that fits, and the one at which memory ran out."""
        first = self._cell(1)
        if first.oom or not isinstance(self._adapter, Batched):
            return [first]
        largest, full = self._largest()
        more = [self._cell(largest)] if largest > 1 else []
        return [first, *more, *([Cell(self._length, full, oom=True)] if full else [])]

    def _largest(self) -> tuple[int, int | None]:
        """The largest power of 2 that fits within the plan, and the one that did not for lack of memory."""
        largest = 1
        while 2 * largest <= len(self._supply):
            batch = 2 * largest
            begin_peaks(self._device)
            try:
                seconds = self._seconds(batch)
            except Exception as problem:
                if not is_out_of_memory(problem):
                    raise
                empty_cache()
                return largest, batch
            held = (resident_peak_mib() or 0) / ram_mib()
            if seconds > self._plan.seconds / 4 or held > self._plan.most_memory:
                break
            largest = batch
        return largest, None

    def _cell(self, batch: int) -> Cell:
        import numpy as np

        try:
            warm = self._seconds(batch)
            if (
                warm < self._plan.seconds / 2
            ):  # the first may have compiled, the second allocates nothing
                self._seconds(batch)
            resident = begin_peaks(self._device)
            taken: list[float] = []
            while not taken or (len(taken) < self._plan.runs and sum(taken) < self._plan.seconds):
                taken.append(self._seconds(batch))
        except Exception as problem:
            if not is_out_of_memory(problem):
                raise
            empty_cache()
            return Cell(self._length, batch, oom=True)
        middle, high = np.quantile(taken, [0.5, 0.95])
        allocated, reserved = gpu_peaks_mib(self._device)
        return Cell(
            self._length,
            batch,
            n=len(taken),
            p50_ms=1000 * float(middle),
            p95_ms=1000 * float(high),
            tok_s=batch * self._length * len(taken) / sum(taken),
            peak_rss_mib=resident_peak_mib() if resident else None,
            peak_allocated_mib=allocated,
            peak_reserved_mib=reserved,
        )

    def _seconds(self, batch: int) -> float:
        """One batch, from the first text to the last answer; a GPU is waited for before and after."""
        adapter = self._reading(batch)
        synchronize(self._device)
        begin = time.perf_counter()
        deque(answered(adapter, self._supply[:batch], deque()), maxlen=0)
        synchronize(self._device)
        return time.perf_counter() - begin

    def _reading(self, batch: int) -> Adapter:
        """The adapter with that batch size; it is made once, as it may compile something."""
        if isinstance(self._adapter, Batched) and self._sized[0] != batch:
            self._sized = batch, self._adapter.with_batch_size(batch)
        return self._sized[1]
