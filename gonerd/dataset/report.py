"""All tables of some datasets, in order, each turned where it would be too wide."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd.dataset.columns import Column
from gonerd.dataset.mention_tables import (
    ambiguity_table,
    entity_length_table,
    position_tables,
    seen_table,
    source_table,
)
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.survey import TRAIN, Reference, Survey, reference_of
from gonerd.dataset.table import Table, turned
from gonerd.dataset.tables import (
    domain_tables,
    entity_table,
    length_table,
    overview_table,
    subword_table,
    tag_table,
)

__all__ = ["statistics_tables"]

WIDEST = 6
"""Columns of a table; with more, every dataset gets a row instead."""
WIDEST_GROUPS = 3
"""The same for columns of several numbers each."""


def statistics_tables(
    surveys: Sequence[Survey],
    *,
    tokenizer: str = "",
    reference: Reference | None = None,
    paper: Sequence[PaperColumn] = (),
    per_split: bool = False,
    top: int = 10,
) -> list[Table]:
    """The paper's Tables 1, 9 and 10, and those beyond it, a column or a row for each dataset.

    Splits have columns where columns are narrow: for lengths and entities, and with `per_split`
    everywhere. Domains have a table for each dataset whose documents name any.

    Args:
        surveys: the datasets, in the order of their columns.
        tokenizer: whose subwords were counted; empty where none were.
        reference: against what each dataset's mentions are seen or unseen.
        paper: printed figures to put beside.
        per_split: whether every table has the splits as well.
        top: sources and domains to list.
    """
    whole: list[Column] = [(survey.name, survey.whole) for survey in surveys]
    splits: list[Column] = [
        (name if len(surveys) == 1 else f"{survey.name}/{name}", statistics)
        for survey in surveys
        for name, statistics in survey.splits.items()
    ]
    everything = [*whole, *splits]
    columns = everything if per_split else whole
    tables = [overview_table(whole, tokenizer=tokenizer)] if len(whole) > 1 else []
    tables += _lengths(everything, tokenizer, paper)
    tables += _fitting(tag_table(columns, paper=paper))
    if len(whole) == 1 or splits or any(statistics.subtypes for _, statistics in whole):
        tables += _fitting(entity_table(everything))  # else the overview has the same
    tables += _fitting(entity_length_table(columns, paper=paper))
    for table in position_tables(columns):
        tables += _fitting(table)
    tables.append(source_table(columns, top=top))
    tables += _fitting(ambiguity_table(columns))
    for survey in surveys:
        others = [(n, s) for n, s in survey.splits.items() if n != TRAIN]
        if TRAIN in survey.splits and others:
            train = reference_of(survey)
            tables += _fitting(seen_table(others, train.mentions, name=train.name))
    if reference is not None:
        tables += _fitting(seen_table(whole, reference.mentions, name=reference.name))
    return tables + domain_tables(columns, paper=paper, top=top)


def _lengths(
    columns: Sequence[Column], tokenizer: str, paper: Sequence[PaperColumn]
) -> list[Table]:
    if not _too_wide(len(columns) + len(paper)):
        return [length_table(columns, paper=paper, tokenizer=tokenizer)]
    tables = turned(length_table(columns, paper=paper))
    return tables + (turned(subword_table(columns, tokenizer=tokenizer)) if tokenizer else [])


def _fitting(table: Table) -> list[Table]:
    if table.groups:
        return turned(table) if len(table.groups) > WIDEST_GROUPS else [table]
    return turned(table) if _too_wide(len(table.header) - 1) else [table]


def _too_wide(columns: int) -> bool:
    return columns > WIDEST
