"""A result in the forms that others read: each is text, made by the one function of its module."""

from gonerd.evaluation.exports.csv_file import cell, csv_from_result
from gonerd.evaluation.exports.every_eval_ever import every_eval_ever_from_result
from gonerd.evaluation.exports.form import FORMS, exported
from gonerd.evaluation.exports.hub_results import hub_results_from_result
from gonerd.evaluation.exports.latex import latex_from_result
from gonerd.evaluation.exports.model_index import model_index_from_result

__all__ = [
    "FORMS",
    "cell",
    "csv_from_result",
    "every_eval_ever_from_result",
    "exported",
    "hub_results_from_result",
    "latex_from_result",
    "model_index_from_result",
]
