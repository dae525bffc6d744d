"""Where the dates of splits overlap: told, since only splits by time promise that they do not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from gonerd.audit.finding import Check, Finding, Findings, Held
from gonerd.console import counted
from gonerd.schema import Document

__all__ = ["after_check", "date_check", "date_of"]

TEST = "test"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def date_of(document: Document) -> str:
    """The day that a document is dated, as YYYY-MM-DD; empty where none is stated."""
    found = DATE.match(str(document.meta.get("date") or ""))
    return found[0] if found else ""


def after_check(corpus: Sequence[Held], day: str, *, limit: int) -> Check:
    """The documents of the test split, or of all where there is none, that are not dated after `day`."""
    names = {held.split for held in corpus}
    tested = [held for held in corpus if held.split == TEST or TEST not in names]
    findings = Findings(limit)
    for held in tested:
        date = date_of(held.document)
        if date > day:
            continue
        said = f"is dated {date}" if date else "has no date"
        findings.add(
            Finding(
                f"{held.split} {held.document.id} {said}",
                fails=True,
                figures={"date": date or None},
            )
        )
    explained = (
        f"Documents that a model which was made of texts up to {day} may have read: they are dated then or "
        f"before, or not at all. {counted(len(tested), 'document')} were looked at."
    )
    return Check(
        "not_after",
        f"Not dated after {day}",
        "integrity",
        explained,
        findings.count,
        findings.failures,
        findings.kept,
    )


def date_check(corpus: Sequence[Held]) -> Check:
    """For each two splits, how many documents are dated within the other's span."""
    dates: defaultdict[str, list[str]] = defaultdict(list)
    for held in corpus:
        if date := date_of(held.document):
            dates[held.split].append(date)
    dated = sum(map(len, dates.values()))
    explained = (
        "Documents dated within the span of another split. Splits by cluster overlap in time; only splits "
        f"by time must not. {dated:,} of {counted(len(corpus), 'document')} have a date."
    )
    splits = list(dict.fromkeys(held.split for held in corpus))
    skipped = ""
    if len(splits) < 2:
        skipped = "there is one split"
    elif len(dates) < 2:
        skipped = f"documents of {'one split' if dates else 'no split'} have dates"
    findings = []
    for one, other in combinations([split for split in splits if dates[split]], 2):
        spans = [(min(dates[split]), max(dates[split])) for split in (one, other)]
        inside = [
            sum(first <= date <= last for date in dates[split])
            for split, (first, last) in ((one, spans[1]), (other, spans[0]))
        ]
        if any(inside):
            findings.append(
                Finding(
                    f"{one} is dated {spans[0][0]} to {spans[0][1]}, {other} {spans[1][0]} to {spans[1][1]}: "
                    f"{inside[0]:,} of {len(dates[one]):,} and {inside[1]:,} of {len(dates[other]):,} "
                    "documents lie within the other's span",
                    figures={"splits": [one, other], "inside": inside},
                )
            )
    return Check(
        "date_overlap",
        "Dates that overlap",
        "hint",
        explained,
        len(findings),
        0,
        [] if skipped else findings,
        skipped,
    )
