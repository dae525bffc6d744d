"""What predictions come to: the parts of a result that follow from them and the gold alone."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from gonerd.adapters import Prediction
from gonerd.evaluation.calibration import Calibration
from gonerd.evaluation.coverage import Coverage
from gonerd.labels import LABELS
from gonerd.schema import Document
from gonerd.scoring import Scorer
from gonerd.scoring.compat import Reader
from gonerd.scoring.seen import Form

__all__ = ["Outcome"]


class Outcome:
    """Takes documents one by one, in the dataset's order, with what was predicted for each."""

    def __init__(self, seen: Container[Form] | None, *, paper: Reader = "seqeval") -> None:
        """Begin.

        Args:
            seen: forms of the train split's entities, None where that says nothing.
            paper: what reads the entities of `paper_compat`, see `Scorer`.
        """
        self._scorer = Scorer(seen, LABELS, paper=paper)
        self._coverage = Coverage()
        self._calibration = Calibration()

    def add(self, document: Document, prediction: Prediction) -> None:
        """Count one document.

        Raises:
            SchemaError: a prediction ends past the end of the text (maybe of an earlier document).
        """
        self._scorer.add(document, prediction.entities)
        self._coverage.add(document, prediction)
        self._calibration.add(document, prediction)

    def as_json(self, *, seed: int, replicates: int) -> dict[str, Any]:
        """`scores`, `coverage` and `calibration` of a result; `seed` and `replicates` are the bootstrap's."""
        return {
            "scores": self._scorer.scores(seed=seed, replicates=replicates),
            "coverage": self._coverage.as_json(),
            "calibration": self._calibration.as_json(),
        }
