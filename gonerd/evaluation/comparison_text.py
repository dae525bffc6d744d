"""A comparison as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gonerd.console import counted

__all__ = ["comparison_text"]


def comparison_text(comparison: dict[str, Any]) -> str:
    """Models, pairs with their tests, retention, and the documents that differ most."""
    return "\n".join(_lines(comparison))


def _lines(comparison: dict[str, Any]) -> Iterator[str]:
    models, pairs = comparison["models"], comparison["pairs"]
    width = max(12, *(len(model["name"]) for model in models)) + 2
    yield f"{counted(comparison['documents'], 'document')}, {comparison['gold_total']:,} gold entities"
    yield ""
    yield f"{'':{width}}{'P':>8}{'R':>8}{'F1':>8}  95% interval of F1"
    for model in models:
        yield (
            f"{model['name']:{width}}{model['precision']:8.3f}{model['recall']:8.3f}{model['f1']:8.3f}"
            f"  {_interval(model['ci'])}"
        )
    for model in models:
        if failed := model["failed_documents"]:
            said = f"gave no answer for {counted(failed, 'document')}: all their gold is missed"
            yield f"{model['name']} {said}"
    for pair in pairs:
        yield ""
        yield f"{pair['a']} less {pair['b']}"
        yield f"{'':{width}}{'F1':>8}  {'95% interval':18}{'p':>8}{'Holm':>8}"
        for name, entry in [("all types", pair), *pair["by_type"].items()]:
            yield (
                f"  {name:{width - 2}}{entry['difference']:+z8.3f}  "
                f"{_interval(entry['ci'], sign=True):18}{entry['p']:8.4f}{entry['p_holm']:8.4f}"
            )
        if pair["differ_most"]:
            yield "  most different documents: tp/fp/fn of each"
        for document in pair["differ_most"]:
            yield f"    {document['id']}: {_counts(document['a'])} and {_counts(document['b'])}"
    retention = comparison["retention"]
    yield ""
    yield f"F1 over that of {retention['teacher']}"
    for student in retention["students"]:
        types = ", ".join(f"{n} {_share(e['retention'])}" for n, e in student["by_type"].items())
        yield (
            f"{student['name']:{width}}{_share(student['retention']):>8}  "
            f"{_interval(student['ci'])}  {types}"
        )
    test, interval = comparison["test"], comparison["interval"]
    yield ""
    yield (
        f"p: {test['method']} ({test['permutations']:,}, seed {test['seed']}); {interval['level']:.0%} "
        f"intervals resample documents ({interval['method']}, {interval['B']:,} replicates)"
    )
    if comparison["notice"]:
        yield comparison["notice"]


def _interval(interval: Sequence[float | None] | None, *, sign: bool = False) -> str:
    if interval is None:
        return "the teacher's is 0"
    form = "+z.3f" if sign else ".3f"
    low, high = interval
    return f"{low:{form}} or more" if high is None else f"{low:{form}} to {high:{form}}"


def _share(retention: float | None) -> str:
    return "none" if retention is None else f"{retention:.3f}"


def _counts(entry: dict[str, float]) -> str:
    return f"{entry['tp']}/{entry['fp']}/{entry['fn']}"
