"""The Hub's `.eval_results/*.yaml`, by huggingface_hub's own classes.

See https://huggingface.co/docs/hub/eval-results: the file lies in the model's repository, and its entry
appears on the model's page and on the leaderboard of the dataset, which must be registered as a benchmark.
"""

from __future__ import annotations

from typing import Any

from gonerd.errors import ExtraError
from gonerd.evaluation.exports.conditions import conditions_of

__all__ = ["TASK", "hub_results_from_result"]

TASK = "ner"
"""The task's id in the dataset's own eval.yaml."""


def hub_results_from_result(result: dict[str, Any], *, hub_dataset: str) -> str:
    """YAML with one entry: F1 on all gold, from 0 to 1, with its conditions as a note.

    Raises:
        ExtraError: huggingface_hub is older than 1.4, as models of Flair and SpanMarker have it.
    """
    import huggingface_hub
    import yaml

    try:
        from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml
    except ImportError:
        raise ExtraError(
            f"this export needs huggingface-hub 1.4 or newer, found {huggingface_hub.__version__}; "
            f"a result can be exported in any environment"
        ) from None

    entry = EvalResultEntry(
        dataset_id=hub_dataset,
        task_id=TASK,
        value=result["scores"]["full"]["f1"],
        dataset_revision=result["dataset"]["revision"],
        date=result["created"],
        notes=conditions_of(result),
    )
    entries = eval_result_entries_to_yaml([entry])
    return str(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True))
