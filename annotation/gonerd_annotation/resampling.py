"""Values with intervals: documents are drawn anew, because what one document holds is not independent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

__all__ = ["Bootstrap", "Measure", "Resampled"]

AT_ONCE = 250
"""Resamples per matrix product, which bounds memory."""

MOST_UNDEFINED = 0.05
"""Share of resamples without a value up to which the others still make an interval."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often documents are drawn anew, with which seed, and the share that an interval holds."""

    samples: int = 1000
    seed: int = 0
    level: float = 0.95

    def as_json(self) -> dict[str, Any]:
        """The settings, as they stand beside the figures."""
        return {
            "method": "percentile bootstrap",
            "unit": "document",
            "samples": self.samples,
            "seed": self.seed,
            "level": self.level,
        }


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with its interval; where one of them is missing, `reason` says why."""

    value: float | None
    interval: tuple[float, float] | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """value, interval and reason, each null where there is none."""
        interval = None if self.interval is None else list(self.interval)
        return {"value": self.value, "interval": interval, "reason": self.reason or None}


class Resampled:
    """Counts of documents, summed up over all of them and over each resample (Efron and Tibshirani 1993).

    Args:
        tables: by name, counts with one row a document; all have the same documents in the same order.
        bootstrap: the settings. The order of documents decides what the seed draws: sort them.
    """

    def __init__(self, tables: Mapping[str, Table], bootstrap: Bootstrap) -> None:
        import numpy as np

        self.documents = n = len(next(iter(tables.values())))
        self._level = bootstrap.level
        self._sums = {name: table.sum(axis=0) for name, table in tables.items()}
        self._resamples: dict[str, Table] = {}
        if n < 2:
            return
        parts: dict[str, list[Table]] = {name: [] for name in tables}
        random = np.random.default_rng(bootstrap.seed)
        for begin in range(0, bootstrap.samples, AT_ONCE):
            rows = min(AT_ONCE, bootstrap.samples - begin)
            weights = random.multinomial(n, np.full(n, 1 / n), size=rows).astype(np.float64)
            for name, table in tables.items():
                sums = weights @ table.reshape(n, -1)
                parts[name].append(sums.reshape(rows, *table.shape[1:]))
        self._resamples = {name: np.concatenate(sums) for name, sums in parts.items()}

    def measure(self, name: str, statistic: Callable[[Table], Table], undefined: str) -> Measure:
        """`statistic` of the sums of table `name`; `undefined` says why, where it is NaN.

        Args:
            name: of the table.
            statistic: takes sums with any leading axes and gives one number for each.
            undefined: the reason beside a value that is null.
        """
        import numpy as np

        value = float(statistic(self._sums[name]))
        if np.isnan(value):
            return Measure(None, None, undefined)
        if self.documents < 2:
            return Measure(value, None, "one document gives no interval")
        values = statistic(self._resamples[name])
        defined = values[~np.isnan(values)]
        if len(defined) < (1 - MOST_UNDEFINED) * len(values):
            missing = len(values) - len(defined)
            return Measure(value, None, f"undefined in {missing} of {len(values)} resamples")
        tail = (1 - self._level) / 2
        low, high = np.quantile(defined, [tail, 1 - tail])
        return Measure(value, (float(low), float(high)))
