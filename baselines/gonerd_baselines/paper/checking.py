"""All checks of the paper, and the report on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Any

from gonerd.console import counted
from gonerd.dataset.table import Table, text_table
from gonerd.errors import ConfigError
from gonerd_baselines.paper.check import Check, Paper, Verdict
from gonerd_baselines.paper.cost_checks import cost_checks
from gonerd_baselines.paper.cost_tables import TABLE_2, TABLE_4, TABLE_7
from gonerd_baselines.paper.dataset_checks import dataset_checks
from gonerd_baselines.paper.dataset_tables import DATASET_TABLES
from gonerd_baselines.paper.entity_checks import entity_checks
from gonerd_baselines.paper.score_checks import score_checks
from gonerd_baselines.paper.score_tables import SCORE_TABLES

__all__ = ["ARXIV", "TABLES", "check_paper", "paper_report", "paper_text"]

ARXIV = "2311.13657"

_PRINTED = {
    table.name: table for table in (TABLE_2, TABLE_4, TABLE_7, *SCORE_TABLES, *DATASET_TABLES)
}

TABLES: Paper = {name: _PRINTED[name] for name in (f"table{n}" for n in range(1, 12))}
"""All of them, in the paper's order."""

WIDTH = 100
"""Characters of a line of the report."""

PARTS = (cost_checks, score_checks, entity_checks, dataset_checks)


def check_paper(paper: Paper = TABLES, *, only: Sequence[str] = ()) -> list[Check]:
    """Every average, percentage and sentence that follows from a table; `only` of the tables named.

    Raises:
        ConfigError: there is no such table.
    """
    unknown = sorted(set(only) - set(paper))
    if unknown:
        raise ConfigError(f"no table {unknown[0]!r}; expected one of {', '.join(paper)}")
    checks = [check for part in PARTS for check in part(paper)]
    wanted = set(only or paper)
    # In the paper's order, tables first; sentences stay in the order of the parts.
    return sorted((c for c in checks if wanted & set(c.tables)), key=_order)


def _order(check: Check) -> tuple[int, int, str]:
    kind, _, number = check.place.partition(" ")
    if kind == "Table":
        return 0, int(number), ""
    return 1, ("abstract", "section", "appendix").index(kind), number


def paper_report(checks: Iterable[Check]) -> dict[str, Any]:
    """The checks for a program, with how many hold."""
    made = list(checks)
    return {
        "paper": f"arXiv {ARXIV}",
        "counts": {v.value: sum(c.verdict is v for c in made) for v in Verdict},
        "checks": [check.as_json() for check in made],
    }


def paper_text(checks: Iterable[Check]) -> str:
    """First what does not hold, then how much of each table and section does."""
    made = list(checks)
    wrong = [check for check in made if check.verdict is Verdict.FAILS]
    title = (
        f"{counted(len(made), 'figure')} and sentences of arXiv {ARXIV}: {len(wrong)} do not hold"
    )
    places = dict.fromkeys(check.place for check in wrong)
    parts = [title]
    parts += [
        "\n".join([_capital(place), *(_line(c) for c in wrong if c.place == place)])
        for place in places
    ]
    parts.append(text_table(_counts(made)))
    return "\n\n".join(parts)


def _line(check: Check) -> str:
    follows = check.follows if check.follows.startswith("not so") else f"{check.follows} follows"
    lines = _wrapped(f"{check.what}: {check.printed} is printed, {follows} ({check.how})", "  ")
    return f"{lines}\n{_wrapped(f'it would be right {check.why}', '    ')}" if check.why else lines


def _wrapped(text: str, indent: str) -> str:
    return fill(
        text, WIDTH, initial_indent=indent, subsequent_indent="    ", break_long_words=False
    )


def _counts(checks: Sequence[Check]) -> Table:
    found = Counter((check.place, check.verdict) for check in checks)
    places = list(dict.fromkeys(check.place for check in checks))
    return Table(
        "By table and section",
        (),
        ("place", *(verdict.value for verdict in Verdict)),
        tuple((_capital(p), *(str(found[p, v]) for v in Verdict)) for p in places),
        ("all", *(str(sum(found[p, v] for p in places)) for v in Verdict)),
        notes=(
            "A figure holds if the numbers that were rounded to those printed can have given it. It can't",
            "be told where they could have given much else, too, or are not printed.",
        ),
    )


def _capital(place: str) -> str:
    return place[0].upper() + place[1:]
