"""A model card's `model-index`, by huggingface_hub's own classes."""

from __future__ import annotations

from typing import Any

from gonerd.evaluation.exports.conditions import conditions_of

__all__ = ["model_index_from_result"]


def model_index_from_result(result: dict[str, Any], *, hub_dataset: str | None = None) -> str:
    """YAML for the front matter of a model's README.md: F1, precision and recall, and F1 by type.

    Scores are from 0 to 1 and count all gold. `hub_dataset` is the dataset's name on the Hub.
    """
    from huggingface_hub import EvalResult, ModelCardData

    data, model, full = result["dataset"], result["model"], result["scores"]["full"]
    where = {
        "task_type": "token-classification",
        "task_name": "Named entity recognition",
        "dataset_type": hub_dataset or data["id"],
        "dataset_name": data["id"],
        "dataset_split": data["split"],
        "dataset_revision": data["revision"],
    }
    ci = full["ci"]
    metrics = [
        ("f1", "F1", full["f1"], ci["f1"]),
        ("precision", "Precision", full["precision"], ci["precision"]),
        ("recall", "Recall", full["recall"], ci["recall"]),
        *(("f1", f"F1 {name}", c["f1"], c["ci"]) for name, c in full["by_type"].items()),
    ]
    results = [
        EvalResult(
            **where,
            metric_type=kind,
            metric_name=name,
            metric_value=value,
            metric_args={"interval": list(interval), "level": ci["level"]},
        )
        for kind, name, value, interval in metrics
    ]
    results[0].metric_args = {**(results[0].metric_args or {}), "note": conditions_of(result)}
    card = ModelCardData(model_name=model["id"], eval_results=results)
    return str(card.to_yaml()) + "\n"
