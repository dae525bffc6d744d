"""Evaluation: any model, scored on all gold."""

from gonerd.evaluation.evaluating import evaluate_model

__all__ = ["evaluate_model"]
