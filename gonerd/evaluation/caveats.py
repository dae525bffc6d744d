"""What the numbers of a result don't say: the same sentences on a terminal, on a page and in exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gonerd.console import counted

__all__ = ["caveats_of"]

FEW_DOCUMENTS = 100
"""Below it the interval is wide, and its own ends are uncertain."""


def caveats_of(result: dict[str, Any]) -> list[str]:
    """One sentence for each thing that a reader of this result would take for granted in error."""
    return [*_of_texts(result), *_of_scores(result), *_of_model(result), *_of_times(result)]


def _of_texts(result: dict[str, Any]) -> Iterator[str]:
    data, changed = result["dataset"], result["policy"]["perturbation"]
    if data["notice"]:
        yield data["notice"]
    elif data["synthetic"]:
        yield "The texts are invented: figures on them say nothing about real text."
    if changed:
        yield (
            f"The texts were changed on purpose ({changed['kind']}, {changed['rate']:.0%} of the places): "
            "the scores are those of a stress test, not of the texts as they are."
        )
    if data["n_docs"] < FEW_DOCUMENTS:
        low, high = result["scores"]["full"]["ci"]["f1"]
        be = "is" if data["n_docs"] == 1 else "are"
        yield (
            f"{counted(data['n_docs'], 'document')} {be} few: another sample could move F1 by "
            f"{50 * (high - low):.1f} points either way, and scores by type by more."
        )


def _of_scores(result: dict[str, Any]) -> Iterator[str]:
    full, compat, gold = (
        result["scores"]["full"],
        result["scores"]["paper_compat"],
        result["dataset"]["gold_total"],
    )
    yield (
        "An interval is about other documents of the same kind: not about another training run, "
        "other annotators or another domain."
    )
    yield (
        f"The paper's way of counting has its own gold ({compat['support']:,} of {gold:,}) and compares "
        "with the paper alone."
    )
    for label, counts in full["by_type"].items():
        if counts["tp"] + counts["fn"] and not counts["tp"] + counts["fp"]:
            yield f"Nothing was predicted as {label}: all {counts['fn']:,} of the gold count as missed."
    if unknown := sum(full["unknown_labels"].values()):
        yield f"{counted(unknown, 'prediction')} with labels that gold does not know count as false."
    if failed := result["coverage"]["n_failed_docs"]:
        yield f"{counted(failed, 'document')} got no answer: their gold counts as missed."


def _of_model(result: dict[str, Any]) -> Iterator[str]:
    model, label_map = result["model"], result["policy"]["label_map"] or {}
    if theirs := sorted(name for name, label in label_map.items() if label == "MISC"):
        yield (
            f"MISC stands for ages, addresses and phone numbers here; the model's {', '.join(theirs)} "
            "may stand for something else."
        )
    if model["trained_on_gonerd"] is None:
        yield "Nobody said whether the model has seen this dataset in training."
    elif model["trained_on_gonerd"]:
        yield "The model was trained on this dataset: it knows its sources and its annotators' habits."


def _of_times(result: dict[str, Any]) -> Iterator[str]:
    if result["model"]["kind"] == "preds":
        yield (
            "The predictions came from a file: time and memory say nothing of the model that made them."
        )
    else:
        cpu = " a CPU, which other programs may have used as well"
        where = cpu if result["policy"]["device"] == "cpu" else " one machine"
        yield f"Times are those of{where}: they compare on the same hardware only."
