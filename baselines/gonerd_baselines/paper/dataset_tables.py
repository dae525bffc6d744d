"""Tables 1, 9 and 10 of arXiv 2311.13657, of the numbers that `gonerd stats` sets beside its own."""

from __future__ import annotations

from gonerd.dataset.paper import PAPER
from gonerd.labels import TAGS
from gonerd_baselines.paper.printed_table import NOTHING, PrintedTable

__all__ = ["DATASET_TABLES"]

_CONLL, _GONERD = PAPER
_QUANTILES = ("mean", "std", "min", "q25", "q50", "q75", "max")

_TABLE_1 = PrintedTable(
    "table1",
    _QUANTILES,
    {each.name: tuple(each.lengths[q] for q in _QUANTILES) for each in PAPER},
)
"""Tokens of a sequence; "whole dataset" as the paper says."""

_TABLE_9 = PrintedTable(
    "table9",
    tuple(f"{each.name}-{column}" for each in PAPER for column in ("count", "p", "p1")),
    {
        **{
            tag: tuple(cell or NOTHING for each in PAPER for cell in each.tags[tag]) for tag in TAGS
        },
        "Total": tuple(cell for each in PAPER for cell in (each.tag_total, "1.0", "1.0")),
    },
)
"""Tags: how many, their share of all, and of those that are not O."""

_TABLE_10 = PrintedTable(
    "table10",
    ("count", "pdf", "cdf"),
    {
        **{domain: tuple(cells) for domain, *cells in _GONERD.domains},
        "Total": (_GONERD.documents, "1.0", "1.0"),
    },
)
"""Documents by website, their share of all, and the share of all down to there."""

DATASET_TABLES = (_TABLE_1, _TABLE_9, _TABLE_10)
