"""Documents that were pre-annotated beside those that were not: counts, and nothing concluded from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from gonerd_annotation.answer import OUTCOMES, Answer
from gonerd_annotation.fate import FATES, fates
from gonerd_annotation.preannotation import SHOWN, WITHHELD

__all__ = ["Comparison"]


@dataclass(slots=True)
class _Half:
    """The documents that were shown a pre-annotation, or those that were shown none."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    words: int = 0
    entities: int = 0
    lead_times: list[float] = field(default_factory=list[float])
    fates: Counter[str] = field(default_factory=Counter[str])
    predictions: int = 0
    compared: int = 0
    unreadable: int = 0
    models: Counter[str] = field(default_factory=Counter[str])

    def report(self, *, predicted: bool) -> dict[str, Any]:
        times = self.lead_times
        told: dict[str, Any] = {
            "tasks": self.outcomes.total(),
            **{outcome: self.outcomes[outcome] for outcome in OUTCOMES},
            "words": self.words,
            "entities": self.entities,
            "entities_per_1000_words": _rate(self.entities, self.words),
            "lead_time_seconds": {
                "documents": len(times),
                "total": round(sum(times), 3),
                "median": round(median(times), 3) if times else None,
            },
        }
        if predicted:
            told["predictions"] = {
                "documents": self.compared,
                "documents_without_record": self.unreadable,
                "predicted": self.predictions,
                **{fate: self.fates[fate] for fate in FATES},
                "models": dict(self.models.most_common()),
            }
        return told


class Comparison:
    """Adds up tasks that record whether their document was pre-annotated; others are passed over."""

    def __init__(self) -> None:
        self._halves = {SHOWN: _Half(), WITHHELD: _Half()}

    def add(self, task: dict[str, Any], answer: Answer) -> None:
        """Count one task; entities, words and times only where it is imported."""
        half = self._halves.get(str(task["data"].get("preannotation")))
        if half is None:
            return
        half.outcomes[answer.outcome] += 1
        if answer.outcome != "imported":
            return
        half.words += len(str(task["data"].get("text", "")).split())
        half.entities += len(answer.entities)
        if (seconds := answer.meta.get("lead_time")) is not None:
            half.lead_times.append(seconds)
        if half is not self._halves[SHOWN]:
            return
        if answer.predicted is None:
            half.unreadable += 1
            return
        half.compared += 1
        half.predictions += len(answer.predicted)
        half.fates.update(fates(answer.predicted, answer.entities))
        half.models[str(task["data"].get("preannotation_model"))] += 1

    def report(self) -> dict[str, Any] | None:
        """Both halves; None where no task records anything of the kind."""
        if not any(half.outcomes for half in self._halves.values()):
            return None
        return {
            "with": self._halves[SHOWN].report(predicted=True),
            "without": self._halves[WITHHELD].report(predicted=False),
        }


def _rate(count: int, words: int) -> float | None:
    return round(1000 * count / words, 2) if words else None
