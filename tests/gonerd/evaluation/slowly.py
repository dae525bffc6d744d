"""Run as a program: `gonerd eval` with a model that takes its time, so that a test can kill it.

Usage: python -m tests.gonerd.evaluation.slowly DATASET OUT SECONDS
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gonerd import Document
from gonerd.adapters import Policy, Prediction
from gonerd.adapters.rules import Rules
from gonerd.evaluation import evaluate_model

__all__ = ["SlowRules"]


class SlowRules(Rules):
    """The rules, with a pause before each answer."""

    policy = Policy()

    def __init__(self, pause: float) -> None:
        self.pause = pause

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        for prediction in super().predict(documents):
            time.sleep(self.pause)
            yield prediction


if __name__ == "__main__":
    dataset, out, pause = sys.argv[1:4]
    evaluate_model(SlowRules(float(pause)), Path(out), dataset=dataset, split="all")
