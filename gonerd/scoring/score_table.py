"""The `scores` object as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["TITLES", "score_text"]

TITLES = {
    "type": "by type",
    "source": "by source",
    "length": "by words of the document",
    "position": "by words before the entity",
    "entity_length": "by words of the entity",
    "seen": "by whether the train split has the form and label",
    "year": "by year",
}
NAMES = 16


def score_text(scores: dict[str, Any], *, by: Sequence[str] = ("type", "source")) -> str:
    """Totals with intervals, the tables that `by` names, and what kinds of errors there are."""
    full = scores["full"]
    window = scores["common_window_4096"]
    paper = scores.get("paper_compat")
    lines = [
        f"{'':{NAMES}}{'P':>8}{'R':>8}{'F1':>8}  {'95% interval of F1':20}{'gold':>8}{'found':>9}",
        _row("full document", full, full["ci"]["f1"]),
        _row("common window", window, window["ci"]["f1"]),
    ]
    if paper is not None:
        lines.append(_row("as in the paper", paper, None))
    for kind in by:
        lines += ["", TITLES[kind], *_table(full[f"by_{kind}"])]
    ci = full["ci"]
    lines += [
        "",
        f"errors: {_list(full['errors'].items())}",
        f"overlaps at half a point: F1 {full['partial']['f1']:.3f}; by the word: F1 "
        f"{full['tokens']['f1']:.3f}; mean of documents: F1 {full['macro_documents']:.3f}",
        f"{ci['level']:.0%} intervals resample documents ({ci['method']}, {ci['B']:,} replicates, "
        f"seed {ci['seed']})",
    ]
    if full["unknown_labels"]:
        lines.append(
            "labels that gold does not know, counted as false positives: "
            + _list(full["unknown_labels"].items())
        )
    if paper is not None:
        lines.append(f"as in the paper: {paper['note']}")
    return "\n".join(lines)


def _table(buckets: dict[str, Any]) -> list[str]:
    if not buckets:
        return ["  nothing is known about it"]
    return [_row(f"  {name}", entry, entry.get("ci")) for name, entry in buckets.items()]


def _row(name: str, entry: dict[str, Any], interval: Sequence[float] | None) -> str:
    shown = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
    gold = entry["support"] if "support" in entry else entry["tp"] + entry["fn"]
    found = f"{entry['tp'] + entry['fp']:,}" if "tp" in entry else ""
    return (
        f"{name:{NAMES}}{entry['precision']:8.3f}{entry['recall']:8.3f}{entry['f1']:8.3f}"
        f"  {shown:20}{gold:8,}{found:>9}"
    ).rstrip()


def _list(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts)
