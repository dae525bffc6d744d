"""Evaluation: any model, scored on all gold."""

from gonerd.evaluation.adapters import (
    Adapter,
    AdapterOptions,
    ModelCard,
    Prediction,
    adapter_from_spec,
)
from gonerd.evaluation.evaluating import evaluate_model, score_pairs
from gonerd.evaluation.predicting import predictions_of

__all__ = [
    "Adapter",
    "AdapterOptions",
    "ModelCard",
    "Prediction",
    "adapter_from_spec",
    "evaluate_model",
    "predictions_of",
    "score_pairs",
]
