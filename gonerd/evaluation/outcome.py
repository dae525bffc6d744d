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
from gonerd.scoring.scorer import DOCUMENTS_AT_ONCE
from gonerd.scoring.seen import Form
from gonerd.scoring.spans import WordEdges

__all__ = ["Outcome"]


class Outcome:
    """Takes documents one by one, in the dataset's order, with what was predicted for each."""

    def __init__(
        self,
        seen: Container[Form] | None,
        *,
        paper: Reader = "seqeval",
        edges: WordEdges | None = None,
    ) -> None:
        """Begin.

        Args:
            seen: forms of the train split's entities, None where that says nothing.
            paper: what reads the entities of `paper_compat`, see `Scorer`.
            edges: remembers the words of documents that other outcomes count, too.
        """
        edges = edges or WordEdges(DOCUMENTS_AT_ONCE)
        self._scorer = Scorer(seen, LABELS, paper=paper, edges=edges)
        self._coverage = Coverage(edges)
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
