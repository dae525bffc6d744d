"""What `gonerd annotate agree --json` measured, as far as it is published: no names, no texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import read_json

__all__ = ["agreement_chapter", "read_agreement"]

NOT_MEASURED = "Agreement between annotators: not measured."
EXPECTED = "expected what 'gonerd annotate agree --json' prints"

MEASURES = {
    "exact_f1": "exact span and type, F1",
    "type_agnostic_f1": "exact span, any type, F1",
    "overlap_f1": "overlap and type, F1",
    "alpha": "Krippendorff's alpha per token",
    "alpha_without_o": "the same without tokens that nobody marked",
}


def read_agreement(path: Path) -> dict[str, Any]:
    """Of the report in `path`: how many annotators and documents, and what was measured over all of them.

    Names of annotators, figures of single pairs and quoted disagreements stay behind.

    Raises:
        InputError: the file is missing, is no such report, or a figure is no number.
    """
    report = read_json(path)
    measures = dict(_measures(report["overall"])) if _is_report(report) else {}
    if not measures:
        raise InputError(f"{path} holds no measure of agreement; {EXPECTED}")
    for name, measure in measures.items():
        if not _is_sound(measure):
            raise InputError(
                f"{path}: {name} is {measure['value']!r} with the interval {measure['interval']!r}, "
                "expected numbers or null"
            )
    return {
        "annotators": len(report["annotators"]),
        "documents": report["co_annotated_documents"],
        "level": _level(report),
        "measures": measures,
    }


def agreement_chapter(agreement: Mapping[str, Any] | None) -> str:
    """A table of the measures with their intervals, or that nothing was measured."""
    if agreement is None:
        return NOT_MEASURED
    rows = [f"| {name} | {_shown(measure)} |" for name, measure in agreement["measures"].items()]
    begin = (
        f"Agreement of {agreement['annotators']:,} annotators on the {agreement['documents']:,} documents "
        f"that several annotated{_intervals(agreement['level'])}:"
    )
    return "\n".join([begin, "", "| measure | value |", "|---|---|", *rows])


def _level(report: Mapping[str, Any]) -> float | None:
    """The confidence of the intervals, if the report says it."""
    bootstrap = report.get("bootstrap")
    level = bootstrap.get("level") if isinstance(bootstrap, dict) else None
    return float(level) if isinstance(level, float) and 0 < level < 1 else None


def _intervals(level: float | None) -> str:
    return "" if level is None else f", with {100 * level:g}% intervals over documents"


def _is_report(report: Any) -> bool:
    kinds = {"annotators": list, "co_annotated_documents": int, "overall": dict}
    return isinstance(report, dict) and all(
        type(report.get(key)) is kind for key, kind in kinds.items()
    )


def _measures(overall: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, shown in MEASURES.items():
        if _is_measure(overall.get(key)):
            yield shown, _kept(overall[key])
    by_type = overall.get("by_type")
    for label, measures in by_type.items() if isinstance(by_type, dict) else ():
        if isinstance(measures, dict) and _is_measure(measures.get("exact_f1")):
            yield f"{label}: {MEASURES['exact_f1']}", _kept(measures["exact_f1"])


def _is_measure(entry: Any) -> bool:
    return isinstance(entry, dict) and {"value", "interval"} <= entry.keys()


def _kept(measure: Mapping[str, Any]) -> dict[str, Any]:
    return {key: measure.get(key) for key in ("value", "interval", "reason")}


def _is_sound(measure: Mapping[str, Any]) -> bool:
    interval = measure["interval"]
    edges = [] if interval is None else interval
    return (
        (measure["value"] is None or _is_number(measure["value"]))
        and isinstance(edges, list)
        and len(edges) in (0, 2)
        and all(map(_is_number, edges))
    )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _shown(measure: Mapping[str, Any]) -> str:
    value, interval = measure["value"], measure["interval"]
    if value is None:
        return f"undefined: {measure['reason'] or 'no reason given'}"
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")
