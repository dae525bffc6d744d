"""Boards: the entries that were scored on the same documents, ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from gonerd.errors import CheckError, InputError
from gonerd_leaderboard.entry import Entry
from gonerd_leaderboard.ranking import Rank, ranks
from gonerd_leaderboard.result import DatasetRef
from gonerd_leaderboard.slug import slug_from_name

__all__ = ["Board", "Row", "boards_from_entries"]

SYNTHETIC_NOTICE = "Synthetic sample newsroom: the figures say nothing about real text."


@dataclass(frozen=True, slots=True)
class Row:
    """An entry at its rank."""

    entry: Entry
    rank: Rank
    teacher: int | None = None
    """The row of the model that it was distilled from, counted from 0."""


@dataclass(frozen=True, slots=True)
class Board:
    """All entries of one dataset, revision and split, best F1 first."""

    id: str
    dataset: DatasetRef
    notice: str
    rows: tuple[Row, ...]
    gold: bool = False
    """Whether its gold is part of the page."""
    texts: bool = False
    """Whether its texts are."""


def boards_from_entries(entries: Iterable[Entry]) -> list[Board]:
    """One board for each dataset, revision and split; real text before synthetic, then by name.

    Raises:
        InputError: there is no entry at all.
        CheckError: two entries of one board disagree about its documents or its gold.
    """
    ordered = sorted(entries, key=_board_key)
    if not ordered:
        raise InputError("no submission was found; gonerd submit RUN_DIR --to FOLDER adds one")
    return [_board(list(group)) for _, group in groupby(ordered, key=_board_key)]


def _board_key(entry: Entry) -> tuple[bool, str, str, str, str]:
    dataset = entry.result.dataset
    return dataset.synthetic, dataset.id, dataset.revision, dataset.split, dataset.split_sha256


def _board(entries: list[Entry]) -> Board:
    dataset = entries[0].result.dataset
    for entry in entries:
        if entry.result.dataset != dataset:
            raise CheckError(
                f"{entry.id}: its dataset has the split hash of {entries[0].id} but other counts, "
                "notes or name"
            )
    ranked = ranks([(e.result.full.total.f1, e.result.full.interval) for e in entries])
    rows = [Row(entry, rank) for entry, rank in zip(entries, ranked, strict=True)]
    rows.sort(key=lambda row: (row.rank.place, row.rank.group, row.entry.card.name.casefold()))
    slugs = [slug_from_name(part) for part in (dataset.id, dataset.split)]
    return Board(
        id="-".join([*slugs, dataset.split_sha256[:8]]),
        dataset=dataset,
        notice=dataset.notice or (SYNTHETIC_NOTICE if dataset.synthetic else ""),
        rows=tuple(rows),
    )
