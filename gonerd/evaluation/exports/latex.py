"""A result as a row of a LaTeX table, with the table around it that says what the columns are."""

from __future__ import annotations

from typing import Any

from gonerd.dataset.table import Table, latex_table

__all__ = ["latex_from_result"]


def latex_from_result(result: dict[str, Any]) -> str:
    """A table for the package booktabs, in per cent: P, R, F1 with interval, F1 by type, gold in reach."""
    model, data, full = result["model"], result["dataset"], result["scores"]["full"]
    ci, coverage = full["ci"], result["coverage"]
    low, high = ci["f1"]
    reach = coverage["gold_reachable"] / data["gold_total"] if data["gold_total"] else 1.0
    label = " ".join(f"{model['id']} ({result['policy']['mode']})".split())
    numbers = [full["precision"], full["recall"]]
    row = (
        label,
        *map(_percent, numbers),
        f"{_percent(full['f1'])} ({_percent(low)}–{_percent(high)})",
        *(_percent(counts["f1"]) for counts in full["by_type"].values()),
        _percent(reach),
    )
    notes = [
        f"F1 with its {ci['level']:.0%} interval ({ci['method']} over documents); exact match on all "
        f"{data['gold_total']:,} gold entities of {data['n_docs']:,} documents."
    ]
    notes += [data["notice"]] if data["notice"] else []
    title = " ".join(f"Named entity recognition on {data['id']}, {data['split']}".split())
    header = ("model", "P", "R", "F1", *full["by_type"], "reach")
    return latex_table(Table(title, (), header, (row,), (), tuple(notes))) + "\n"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
