"""Scores as CSV, one row a score, for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["COLUMNS", "cell", "csv_from_result"]

COLUMNS = (
    "model", "revision", "dataset", "split", "policy", "max_len", "score", "by", "name",
    "tp", "fp", "fn", "precision", "recall", "f1", "f1_low", "f1_high",
)  # fmt: skip

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_from_result(result: dict[str, Any]) -> str:
    """A head and one row for each score, from 0 to 1; empty where a score has no such number.

    `score` is full, common_window_4096 or paper_compat, or partial or tokens of the full document; `by` and
    `name` say which part of it, and are empty for the whole. A text that a spreadsheet would run as a
    formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    run = {
        "model": f"{result['model']['kind']}:{result['model']['id']}",
        "revision": result["model"]["revision"],
        "dataset": result["dataset"]["id"],
        "split": result["dataset"]["split"],
        "policy": result["policy"]["mode"],
        "max_len": result["policy"]["max_len"],
    }
    for row in _rows(result["scores"]):
        writer.writerow({key: cell(value) for key, value in (run | row).items()})
    return out.getvalue()


def cell(value: Any) -> Any:
    """A value as a cell that no spreadsheet runs; empty for None."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def _rows(scores: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for score in ("full", "common_window_4096"):
        whole = scores[score]
        yield {"score": score} | _numbers(whole, whole["ci"]["f1"])
        for by in (name for name in whole if name.startswith("by_")):
            for name, counts in whole[by].items():
                part = {"score": score, "by": by.removeprefix("by_"), "name": name}
                yield part | _numbers(counts, counts.get("ci"))
    for score in ("partial", "tokens"):
        yield {"score": score} | _numbers(scores["full"][score], None)
    compat = scores["paper_compat"]
    yield {"score": "paper_compat"} | _numbers(compat, None)
    for label, counts in compat["by_type"].items():
        yield {"score": "paper_compat", "by": "type", "name": label} | _numbers(counts, None)


def _numbers(counts: Mapping[str, Any], interval: Sequence[float] | None) -> dict[str, Any]:
    names = ("tp", "fp", "fn", "precision", "recall", "f1")
    low, high = interval or (None, None)
    return {n: counts[n] for n in names if n in counts} | {"f1_low": low, "f1_high": high}
