"""Tables 4 and 7 of arXiv 2311.13657: per cent more or less than another row, the paper's beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gonerd.dataset.table import Table
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.table import Cell, held_mib

__all__ = ["TABLE_4", "TABLE_7", "Share", "share_tables"]


@dataclass(frozen=True, slots=True)
class Share:
    """How many per cent more time and memory `row` takes than `base`, as the paper prints it."""

    row: str
    base: str
    seconds: float
    megabytes: float


TABLE_4 = (
    Share("bert-large-4096", "longformer", 423, 221),
    Share("bert-base-4096", "longformer", 65, 152),
    Share("roberta-4096", "longformer", 70, 258),
    Share("distilbert-4096", "longformer-student", 8, 155),
    Share("distilroberta-4096", "longformer-student", 36, 163),
    Share("mobilebert-4096", "longformer-student", 117, 109),
    Share("tinybert-6-4096", "longformer-student", 7, 155),
)
"""At 4096 tokens, what full attention takes more than Longformer."""

TABLE_7 = (
    Share("distilroberta", "roberta", -39.9, -3.7),
    Share("longformer", "roberta", 0.7, -15.8),
    Share("longformer-student", "roberta", -49.3, -20.4),
)
"""At 512 tokens, what distilling, converting and both change in RoBERTa."""


def share_tables(result: Mapping[str, Any], head: str, dtype: str) -> Iterator[Table]:
    """The tables of which a row and its base were timed."""
    for title, shares, length in (
        ("Table 4: full attention to 4096 against Longformer", TABLE_4, 4096),
        ("Table 7: RoBERTa distilled, converted, and both", TABLE_7, 512),
    ):
        cells = {
            (c["row"], c["implementation"]): c
            for c in result["cells"]
            if (c["head"], c["dtype"], c["length"]) == (head, dtype, length)
            and c["status"] == "done"
        }
        names = result["configuration"]["implementations"]
        rows = [_line(share, cells, names) for share in shares if _timed(share, cells)]
        if rows:
            width = 1 + len(names)
            yield Table(
                f"{title}, {head} head, {dtype}",
                (("", 1), ("seconds, %", width), ("memory, %", width)),
                ("model", "than", "paper", *names, "paper", *names),
                tuple(rows),
                notes=("sdpa and eager are set against the base's own class in transformers.",),
            )


def _timed(share: Share, cells: Mapping[tuple[str, str], Cell]) -> bool:
    return {share.row, share.base} <= {row for row, _ in cells}


def _line(share: Share, cells: Mapping[tuple[str, str], Cell], names: list[str]) -> tuple[str, ...]:
    pairs = [
        (
            cells.get((share.row, name)),
            cells.get((share.base, "ours" if name == "ours" else "transformers")),
        )
        for name in names
    ]
    return (
        ROWS[share.row].title.strip(),
        share.base,
        f"{share.seconds:+g}",
        *(_more(a, b, lambda cell: cell["seconds"]["median"]) for a, b in pairs),
        f"{share.megabytes:+g}",
        *(_more(a, b, held_mib) for a, b in pairs),
    )


def _more(ours: Cell | None, base: Cell | None, of: Callable[[Cell], float]) -> str:
    return "-" if ours is None or base is None else f"{100 * (of(ours) / of(base) - 1):+.0f}"
