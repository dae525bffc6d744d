"""Where the dates of splits overlap: told, since only splits by time promise that they do not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from gonerd.audit.finding import Check, Finding, Held
from gonerd.console import counted

__all__ = ["date_check"]

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def date_check(corpus: Sequence[Held]) -> Check:
    """For each two splits, how many documents are dated within the other's span."""
    dates: defaultdict[str, list[str]] = defaultdict(list)
    for held in corpus:
        found = DATE.match(str(held.document.meta.get("date") or ""))
        if found:
            dates[held.split].append(found[0])
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
