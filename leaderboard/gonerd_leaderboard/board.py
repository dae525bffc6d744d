"""Boards: the entries that were scored on the same documents, ranked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gonerd.errors import CheckError, InputError
from gonerd.scoring.document_counts import Counted
from gonerd_leaderboard.comparison import (
    Retention,
    Significance,
    retention_ranges,
    significance_of,
)
from gonerd_leaderboard.entry import Entry
from gonerd_leaderboard.ranking import Rank, ranks
from gonerd_leaderboard.result import DatasetRef
from gonerd_leaderboard.slug import slug_from_name
from gonerd_leaderboard.verified import SELF_REPORTED

__all__ = ["Board", "Row", "boards_from_entries", "with_comparisons"]

MOST_COMPARED = 50
"""Rows, the first of a board, that are tested pair by pair."""

KEY_DIGITS = 20

LEAST_REVISION = 7
"""Digits of a revision that a teacher's name must have to mean one."""

SYNTHETIC_NOTICE = "Synthetic sample newsroom: the figures say nothing about real text."


@dataclass(frozen=True, slots=True)
class Row:
    """An entry at its rank."""

    entry: Entry
    rank: Rank
    teacher: int | None = None
    """The row of the model that it was distilled from, counted from 0."""
    retention: Retention | None = None
    """None where there is no such row, or its F1 is 0."""


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
    significance: Significance | None = None
    """Of its first rows, where they were counted by document."""


def boards_from_entries(entries: Iterable[Entry]) -> list[Board]:
    """One board for each dataset, revision and split; real text before synthetic, then by name.

    Raises:
        InputError: there is no entry at all.
        CheckError: two entries of one board disagree about its documents or its gold.
    """
    ordered = sorted(entries, key=_board_key)
    if not ordered:
        raise InputError("no submission was found; gonerd submit RUN_DIR --to FOLDER adds one")
    boards = [_board(list(group)) for _, group in groupby(ordered, key=_board_key)]
    named = Counter(board.id for board in boards)
    return [
        board if named[board.id] == 1 else replace(board, id=f"{board.id}-{_key_digest(board)}")
        for board in boards
    ]


def with_comparisons(board: Board, counts_of: Callable[[Entry], Counted]) -> Board:
    """The board with what counts by document tell: significance, and the intervals of retention.

    `counts_of` gives an entry's (documents, 3), all of one board in the same order.
    """
    compared = range(min(MOST_COMPARED, len(board.rows)))
    tables = [counts_of(board.rows[place].entry) for place in compared]
    students = [place for place, row in enumerate(board.rows) if row.retention is not None]
    pairs = [
        (counts_of(board.rows[place].entry), counts_of(board.rows[teacher].entry))
        for place in students
        if (teacher := board.rows[place].teacher) is not None
    ]
    rows = list(board.rows)
    for place, (low, high) in zip(students, retention_ranges(pairs), strict=True):
        known = rows[place].retention
        assert known is not None, "a student has one"
        rows[place] = replace(rows[place], retention=replace(known, low=low, high=high))
    return replace(
        board,
        rows=tuple(rows),
        significance=significance_of(compared, tables) if len(tables) > 1 else None,
    )


def _board_key(entry: Entry) -> tuple[bool, str, str, str, str]:
    return entry.result.dataset.board


def _key_digest(board: Board) -> str:
    """Parts boards whose ids are one: a submission may state any hash, also one that begins alike."""
    key = json.dumps(board.dataset.board)
    return hashlib.sha256(key.encode()).hexdigest()[:KEY_DIGITS]


def _board(entries: list[Entry]) -> Board:
    right = next((entry for entry in entries if entry.tier != SELF_REPORTED), entries[0])
    dataset = right.result.dataset
    for entry in entries:
        if entry.result.dataset != dataset:
            raise CheckError(
                f"{entry.id}: its dataset has the split hash of {right.id} but other counts, notes or name"
            )
    ranked = ranks([(e.result.full.total.f1, e.result.full.interval) for e in entries])
    rows = [Row(entry, rank) for entry, rank in zip(entries, ranked, strict=True)]
    rows.sort(key=lambda row: (row.rank.place, row.rank.group, row.entry.card.name.casefold()))
    slugs = [slug_from_name(part) for part in (dataset.id, dataset.split)]
    return Board(
        id="-".join([*slugs, dataset.split_sha256[:8]]),
        dataset=dataset,
        notice=dataset.notice or (SYNTHETIC_NOTICE if dataset.synthetic else ""),
        rows=tuple(_with_teachers(rows)),
    )


def _with_teachers(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows with that of each one's teacher: the best one of the model that it names."""
    by_model: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        by_model.setdefault(row.entry.result.model.id, []).append(place)
    for row in rows:
        student = row.entry.result.model
        name, _, revision = student.teacher_id.partition("@")
        teachers = (
            place
            for place in by_model.get(name, ())
            if _is_revision(rows[place].entry.result.model.revision, revision)
            and (name, rows[place].entry.result.model.revision) != (student.id, student.revision)
        )
        teacher = next(teachers, None)
        if teacher is None:
            yield row
            continue
        f1, whole = (each.entry.result.full.total.f1 for each in (row, rows[teacher]))
        yield replace(row, teacher=teacher, retention=Retention(f1 / whole) if whole else None)


def _is_revision(revision: str, wanted: str) -> bool:
    """Whether `wanted` is empty, the revision, or how it begins."""
    return not wanted or (len(wanted) >= LEAST_REVISION and revision.startswith(wanted))
