"""Reports about annotators as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["agreement_lines", "annotator_lines", "figure", "table"]

LONGEST = 48
"""Characters shown of a mention."""

COUNTS = ("documents", "entities", "rejected", "cancelled")
AGREEMENT = (
    "exact_f1",
    "type_agnostic_f1",
    "overlap_f1",
    "kappa",
    "kappa_without_o",
    "alpha",
    "alpha_without_o",
)
SPEED = ("documents", "words", "hours", "words/min", "in truth", "precision", "recall", "F1")


def figure(measure: Mapping[str, Any]) -> str:
    """`0.931 [0.902, 0.955]`, or a dash where there is no value."""
    if measure["value"] is None:
        return "-"
    value = f"{measure['value']:.3f}"
    if measure["interval"] is None:
        return value
    low, high = measure["interval"]
    return f"{value} [{low:.3f}, {high:.3f}]"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with columns of equal width, the first row being the head."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def agreement_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report of `gonerd_annotation.agreement` for a person."""
    rows = [("annotator", *COUNTS)]
    rows += [(one["name"], *(str(one[what]) for what in COUNTS)) for one in report["annotators"]]
    yield from table(rows)
    if report["rejected_by_some"]:
        yield f"rejected by one and annotated by another: {report['rejected_by_some']}"
    yield ""
    level = round(100 * report["bootstrap"]["level"])
    yield f"Agreement, with {level}% intervals over documents ({report['tokens']:,} tokens)"
    columns: list[tuple[str, Mapping[str, Any]]] = [("all", report["overall"])]
    columns += [(" - ".join(pair["annotators"]), pair) for pair in report["pairs"]]
    yield from _measures(columns)
    for head, column in columns if len(columns) > 2 else columns[-1:]:
        if column["by_type"]:
            yield ""
            yield f"By type: {head}"
            yield from _by_type(column["by_type"])
    yield from _disagreements(report["disagreements"])


def _measures(columns: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    rows = [("", *(head for head, _ in columns))]
    rows += [
        (name, *(figure(column[name]) if name in column else "" for _, column in columns))
        for name in AGREEMENT
    ]
    yield from table(rows)
    found = [
        column[name]["reason"] for _, column in columns for name in AGREEMENT if name in column
    ]
    yield from (f"-: {reason}" for reason in dict.fromkeys(filter(None, found)))


def _by_type(types: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    names = [name for name in AGREEMENT if name in next(iter(types.values()))]
    rows = [("", *names)]
    rows += [(kind, *(figure(found[name]) for name in names)) for kind, found in types.items()]
    yield from table(rows)


def _disagreements(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["kinds"].items())
    yield f"Disagreements: {found['total']}{f' ({kinds})' if kinds else ''}"
    if found["most_frequent"]:
        yield from table(
            [
                ("count", "marked by one", "by the other", "example"),
                *(
                    (
                        str(row["count"]),
                        *(_marked(side) for side in row["marked"]),
                        f"{row['example']['document']} [{row['example']['start']}, {row['example']['end']})",
                    )
                    for row in found["most_frequent"]
                ),
            ]
        )


def _marked(side: Mapping[str, Any]) -> str:
    if side["label"] is None:
        return "nothing"
    text = " ".join(side["text"].split())
    return f"{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'} {side['label']}"


def annotator_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report of `gonerd_annotation.annotator_report` for a person."""
    everybody = report["annotators"]
    rows: list[tuple[str, ...]] = [("annotator", *SPEED)]
    rows += [_speed_and_truth(one["name"], one["documents"], one) for one in everybody]
    yield from table(rows)
    yield from _reasons(everybody)
    for one in everybody:
        yield ""
        yield f"{one['name']} by {report['period']}"
        if one["undated"]:
            yield f"without a date, so in no {report['period']}: {one['undated']}"
        rows = [("", *SPEED)]
        rows += [
            _speed_and_truth(part["part"], part["documents"], part) for part in one["over_time"]
        ]
        yield from table(rows)
        if report["truth_documents"] is not None:
            yield ""
            yield f"{one['name']} by type"
            rows = [("", "marked", "true", "precision", "recall", "F1")]
            rows += [
                (name, str(counts["marked"]), str(counts["true"]), *_ratios(counts))
                for name, counts in one["by_type"].items()
            ]
            yield from table(rows)


def _speed_and_truth(name: str, documents: int, row: Mapping[str, Any]) -> tuple[str, ...]:
    speed = row["median_words_per_minute"]
    return (
        name,
        str(documents),
        f"{row['words']:,}",
        f"{row['hours']:.1f}",
        "-" if speed is None else f"{speed:.0f}",
        str(row["truth"]["documents"]),
        *_ratios(row["truth"]),
    )


def _ratios(counts: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("precision", "recall", "f1")
    return tuple("-" if counts[name] is None else f"{counts[name]:.3f}" for name in names)


def _reasons(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    found = [
        reason for row in rows for reason in (row["speed_reason"], row["truth"]["reason"]) if reason
    ]
    yield from (f"-: {reason}" for reason in dict.fromkeys(found))
