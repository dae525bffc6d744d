"""Whether a model is right as often as it says it is."""

from __future__ import annotations

from typing import Any

from gonerd.adapters import Prediction
from gonerd.schema import Document

__all__ = ["BINS", "Calibration"]

BINS = 15
"""Of equal width, as in arXiv 1706.04599."""


class Calibration:
    """Predicted entities that have a confidence, by its size, and how many of them were right."""

    def __init__(self) -> None:
        self._n = [0] * BINS
        self._right = [0] * BINS
        self._confidence = [0.0] * BINS

    def add(self, document: Document, prediction: Prediction) -> None:
        """Count one document; right is what agrees with gold in start, end and label."""
        if prediction.scores is None:
            return
        gold = {(entity.start, entity.end, entity.label) for entity in document.entities}
        for entity, score in zip(prediction.entities, prediction.scores, strict=True):
            place = min(int(score * BINS), BINS - 1)
            self._n[place] += 1
            self._right[place] += (entity.start, entity.end, entity.label) in gold
            self._confidence[place] += score

    def as_json(self) -> dict[str, Any] | None:
        """The `calibration` of a result: None where no prediction has a confidence.

        `ece` is the expected calibration error, the mean distance between confidence and precision,
        weighted by bins; a bin that holds nothing is left out.
        """
        total = sum(self._n)
        if not total:
            return None
        bins = [
            {
                "low": place / BINS,
                "high": (place + 1) / BINS,
                "n": n,
                "confidence": confidence / n,
                "precision": right / n,
            }
            for place, (n, right, confidence) in enumerate(
                zip(self._n, self._right, self._confidence, strict=True)
            )
            if n
        ]
        error = sum(one["n"] / total * abs(one["confidence"] - one["precision"]) for one in bins)
        return {"n": total, "ece": error, "bins": bins}
