"""Tables 4 and 7 of arXiv 2311.13657: per cent more or less than another row, the paper's beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gonerd.dataset.table import Table
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.table import Cell, held_mib
from gonerd_baselines.paper.cost_checks import FULL_ATTENTION
from gonerd_baselines.paper.cost_tables import TABLE_4 as PRINTED_4
from gonerd_baselines.paper.cost_tables import TABLE_7 as PRINTED_7

__all__ = ["EXTENDED", "TABLE_4", "TABLE_7", "Share", "share_tables"]


@dataclass(frozen=True, slots=True)
class Share:
    """How many per cent more time and memory `row` takes than `base`, as the paper prints it."""

    row: str
    base: str
    seconds: float
    megabytes: float


EXTENDED = {
    "bert-large-4096": "BERT large",
    "bert-base-4096": "BERT base",
    "roberta-4096": "RoBERTa",
    "distilbert-4096": "DistilBERT",
    "distilroberta-4096": "DistilRoBERTa",
    "mobilebert-4096": "MobileBERT",
    "tinybert-6-4096": "TinyBERT",
}
"""Table 4's names of our rows."""

_BASES = {"Longformer": "longformer", "Longformer's student": "longformer-student"}


def _per_cent(printed: str) -> float:
    return float(printed.removesuffix("%"))


TABLE_4 = tuple(
    Share(
        row,
        _BASES[FULL_ATTENTION[title]],
        _per_cent(PRINTED_4.text(title, "more-seconds")),
        _per_cent(PRINTED_4.text(title, "more-megabytes")),
    )
    for row, title in EXTENDED.items()
)
"""At 4096 tokens, what full attention takes more than Longformer."""

TABLE_7 = tuple(
    Share(
        row,
        "roberta",
        _per_cent(PRINTED_7.text(title, "seconds")),
        _per_cent(PRINTED_7.text(title, "megabytes")),
    )
    for row, title in (
        ("distilroberta", "KD"),
        ("longformer", "Convert"),
        ("longformer-student", "Both"),
    )
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
