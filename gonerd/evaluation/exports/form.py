"""The forms by name, as `gonerd report --as` takes them."""

from __future__ import annotations

from typing import Any, Literal, get_args

from gonerd.dataset.hub import is_hub_name
from gonerd.errors import ConfigError
from gonerd.evaluation.exports.csv_file import csv_from_result
from gonerd.evaluation.exports.every_eval_ever import every_eval_ever_from_result
from gonerd.evaluation.exports.hub_results import hub_results_from_result
from gonerd.evaluation.exports.latex import latex_from_result
from gonerd.evaluation.exports.model_index import model_index_from_result

__all__ = ["FORMS", "Form", "exported"]

Form = Literal["model-index", "hub", "every-eval-ever", "csv", "latex"]
FORMS: tuple[Form, ...] = get_args(Form)


def exported(result: dict[str, Any], form: Form, *, hub_dataset: str | None = None) -> str:
    """`result` in one of the forms; `hub_dataset` is the dataset's NAMESPACE/NAME on the Hub.

    Raises:
        ConfigError: the form needs the name and has none, or has no use for it, or it is no such name; or the
            run is no entry of a leaderboard.
    """
    if hub_dataset is not None and (not is_hub_name(hub_dataset) or "@" in hub_dataset):
        raise ConfigError(f"--hub-dataset is {hub_dataset!r}, expected NAMESPACE/NAME")
    match form:
        case "model-index":
            return model_index_from_result(result, hub_dataset=hub_dataset)
        case "every-eval-ever":
            return every_eval_ever_from_result(result, hub_dataset=hub_dataset)
        case "hub":
            if hub_dataset is None:
                raise ConfigError(
                    "--as hub needs --hub-dataset NAMESPACE/NAME: its leaderboard is the dataset's own"
                )
            if result["policy"]["perturbation"] is not None:
                raise ConfigError(
                    "--as hub is for a leaderboard, and this run's texts were changed on purpose"
                )
            return hub_results_from_result(result, hub_dataset=hub_dataset)
    if hub_dataset is not None:
        raise ConfigError(f"--as {form} has no use for --hub-dataset")
    return csv_from_result(result) if form == "csv" else latex_from_result(result)
