"""Evaluation: any model, scored on all gold."""

from gonerd.evaluation.adapters import (
    Adapter,
    AdapterOptions,
    ModelCard,
    Prediction,
    adapter_from_spec,
)
from gonerd.evaluation.evaluating import evaluate_model, score_pairs

__all__ = [
    "Adapter",
    "AdapterOptions",
    "ModelCard",
    "Prediction",
    "adapter_from_spec",
    "evaluate_model",
    "score_pairs",
]
