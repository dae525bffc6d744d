"""Scores of a submission computed again from its predictions and the gold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gonerd.errors import CheckError
from gonerd_leaderboard.counting import Counting
from gonerd_leaderboard.gold import Gold, GoldShelf
from gonerd_leaderboard.predictions import Line
from gonerd_leaderboard.result import Result
from gonerd_leaderboard.submission import RESULT, Run

__all__ = ["MOST_REPLICATES", "Rescoring"]

ROUNDING = 1e-9
"""How far a float may stand from the one that is computed here: sums in another order."""

MOST_REPLICATES = 100_000
"""Of a bootstrap that a stranger asks for."""


class Rescoring:
    """A `Reader` that scores predictions again where `shelf` has their gold; one document is in memory."""

    def __init__(self, shelf: GoldShelf) -> None:
        self._shelf = shelf
        self._counting: Counting | None = None

    @property
    def gold(self) -> Gold | None:
        """What the run is scored on; None where it is not at hand."""
        return self._counting.gold if self._counting else None

    def begin(self, result: Result) -> Callable[[str, Line], None] | None:
        """Look for the gold.

        Raises:
            CheckError: the result asks for more draws than `MOST_REPLICATES`.
        """
        gold = self._shelf.of(result.dataset)
        if gold is None:
            return None
        draws = result.full.interval.samples
        if draws > MOST_REPLICATES:
            raise CheckError(
                f"field scores.full.ci.B is {draws:,}, expected at most {MOST_REPLICATES:,}"
            )
        self._counting = Counting(gold)
        return self._counting.take

    def require_same(self, run: Run, where: str) -> None:
        """Hold dataset, scores, coverage and calibration against what the predictions of `run` come to.

        Raises:
            CheckError: a number of the result is another one; the message names the field and both.
        """
        assert self._counting is not None, "begin has found the gold"
        gold, interval = self._counting.gold, run.result.full.interval
        dataset = {
            "n_docs": len(gold.documents),
            "gold_total": gold.total,
            "gold_by_type": gold.by_type,
            "synthetic": gold.synthetic,
        }
        computed = self._counting.outcome.as_json(seed=interval.seed, replicates=interval.samples)
        stated = run.record
        for key, expected in dataset.items():
            for problem in _differences(f"dataset.{key}", stated["dataset"][key], expected):
                raise CheckError(f"{where}/{RESULT}: {problem}")
        for part, expected in computed.items():
            for problem in _differences(part, stated[part], expected):
                raise CheckError(f"{where}/{RESULT}: {problem}")


def _differences(name: str, stated: Any, computed: Any) -> Iterator[str]:
    """Each place where what is stated is not what the predictions give."""
    if isinstance(computed, Mapping) and isinstance(stated, Mapping):
        for key in [*computed, *(key for key in stated if key not in computed)]:
            yield from _differences(f"{name}.{key}", stated.get(key), computed.get(key))
    elif isinstance(computed, list) and isinstance(stated, list) and len(stated) == len(computed):
        for number, pair in enumerate(zip(stated, computed, strict=True)):
            yield from _differences(f"{name}.{number}", *pair)
    elif not _same(stated, computed):
        yield f"field {name} is {_shown(stated)}, the predictions give {_shown(computed)}"


def _same(stated: Any, computed: Any) -> bool:
    if isinstance(stated, float) and isinstance(computed, float):
        return math.isclose(stated, computed, rel_tol=0, abs_tol=ROUNDING)
    numbers = int, float
    if type(stated) in numbers and type(computed) in numbers:  # 0 for 0.0
        return bool(stated == computed)
    return type(stated) is type(computed) and bool(stated == computed)


def _shown(value: Any) -> str:
    """A value in a sentence: nothing that fills a screen."""
    if value is None:
        return "not there"
    if isinstance(value, Mapping | list):
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value)}"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
