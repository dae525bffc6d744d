"""The files that a rebuild leaves, all drawn from its log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gonerd.files import write_json
from gonerd.records import write_json_lines
from gonerd.takedown import TAKEN_DOWN
from gonerd_scraper.rebuilding.journal import RebuildState, rows_at
from gonerd_scraper.rebuilding.outcomes import DRIFTED, REBUILT, UNAVAILABLE

__all__ = [
    "DOCUMENTS",
    "OUTCOMES",
    "REPORT",
    "missing_of_report",
    "summary_of_rebuild",
    "write_rebuild",
]

DOCUMENTS, OUTCOMES, REPORT = "documents.jsonl", "rebuild.jsonl", "report.json"


def write_rebuild(
    out: Path,
    journal: Path,
    state: RebuildState,
    ids: set[str],
    *,
    keep_drifted: bool,
    extractor: dict[str, Any],
) -> dict[str, Any]:
    """Write documents, outcomes and report, each whole or not at all, ordered by id; return the report.

    Nothing depends on the order in which pages were found, nor on how often the run was interrupted.
    """
    offsets = [state.offsets[name] for name in sorted(ids & set(state.offsets))]
    write_json_lines(
        out / DOCUMENTS, _documents(journal, offsets, keep_drifted=keep_drifted), overwrite=True
    )
    counts = _Counts()
    write_json_lines(
        out / OUTCOMES, (counts.noted(row) for row in rows_at(journal, offsets)), overwrite=True
    )
    kept = counts.outcomes[DRIFTED] if keep_drifted else 0
    report = {
        "schema_version": 1,
        "rows": len(ids),
        "documents": counts.outcomes[REBUILT] + kept,
        **{name: counts.outcomes[name] for name in (REBUILT, DRIFTED, UNAVAILABLE, TAKEN_DOWN)},
        "kept_drifted": kept,
        "rebuilt_from": dict(sorted(counts.places.items())),
        "drifted_by_cause": dict(sorted(counts.causes.items())),
        "failed_steps": {
            step: dict(sorted(reasons.items())) for step, reasons in sorted(counts.steps.items())
        },
        "extractor": extractor,
        "runs": state.runs,
        "seconds": round(state.seconds, 3),
    }
    write_json(out / REPORT, report, overwrite=True)
    return report


def summary_of_rebuild(report: dict[str, Any], out: Path) -> str:
    """The report for a person, a few lines."""
    places = ", ".join(f"{place} {count}" for place, count in report["rebuilt_from"].items())
    lines = [
        f"{report['rebuilt']} of {report['rows']} documents are the same again"
        f"{f' ({places})' if places else ''}: {out / DOCUMENTS}"
    ]
    if report[DRIFTED]:
        causes = ", ".join(f"{name} {count}" for name, count in report["drifted_by_cause"].items())
        what = "kept, marked in their meta" if report["kept_drifted"] else "left out"
        lines.append(f"{report[DRIFTED]} read differently now ({causes}) and are {what}")
    if report[UNAVAILABLE]:
        lines.append(f"{report[UNAVAILABLE]} were found nowhere")
    if report[TAKEN_DOWN]:
        lines.append(f"{report[TAKEN_DOWN]} are on the take-down list and were not asked for")
    lines.append(f"what became of each, and why: {out / OUTCOMES}")
    return "\n".join(lines)


def missing_of_report(report: dict[str, Any]) -> str:
    """One sentence on what did not come back, empty where everything did that may."""
    drifted = report[DRIFTED] - report["kept_drifted"]
    missing = report[UNAVAILABLE] + drifted
    if not missing:
        return ""
    return (
        f"{missing} of {report['rows']} documents are missing: {report[UNAVAILABLE]} were found nowhere, "
        f"{drifted} read differently now (--allow-missing accepts that, --keep-drifted keeps the latter)"
    )


class _Counts:
    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.places: Counter[str] = Counter()
        self.causes: Counter[str] = Counter()
        self.steps: dict[str, Counter[str]] = {}

    def noted(self, row: dict[str, Any]) -> dict[str, Any]:
        """`row` as it stands in the file of outcomes, counted."""
        self.outcomes[row["outcome"]] += 1
        if row["outcome"] == REBUILT:
            self.places[row["from"]] += 1
        if row["outcome"] == DRIFTED:
            self.causes[row["cause"]] += 1
        for tried in row["tried"]:
            self.steps.setdefault(tried["step"], Counter())[tried["reason"]] += 1
        return {key: value for key, value in row.items() if key not in ("event", "document")}


def _documents(
    journal: Path, offsets: list[int], *, keep_drifted: bool
) -> Iterator[dict[str, Any]]:
    for row in rows_at(journal, offsets):
        if row["outcome"] == REBUILT or (row["outcome"] == DRIFTED and keep_drifted):
            yield row["document"]
