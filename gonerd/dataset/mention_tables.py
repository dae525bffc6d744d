"""Mentions as tables: how long, where, from which source, how ambiguous, and seen before or not."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd.dataset.columns import Column, decimal, marked, notices, per_cent, union_of_labels
from gonerd.dataset.mentions import Mentions
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.positions import BLOCK, TENTHS, Density
from gonerd.dataset.table import Table

__all__ = [
    "ambiguity_table",
    "entity_length_table",
    "position_tables",
    "seen_table",
    "source_table",
]

ALL = "all"
BLOCKS_SHOWN = 8
"""Up to 4,096 tokens; what lies beyond is one row."""


def entity_length_table(columns: Sequence[Column], *, paper: Sequence[PaperColumn] = ()) -> Table:
    """Lengths of entities in tokens; the paper's means follow from Table 9: all tags over B tags."""
    rows = []
    for label in [*union_of_labels(columns), None]:
        cells = [cell for column in paper for cell in (_paper_mean(column, label), "-", "-")]
        for _, statistics in columns:
            summary = statistics.mentions.length_summary(label)
            cells += (
                ["-", "-", "-"]
                if summary is None
                else [decimal(summary.mean, 2), decimal(summary.q50), f"{summary.max:,}"]
            )
        rows.append((label or ALL, *cells))
    groups = [(f"{column.name} (paper)", 3) for column in paper]
    groups += [(name, 3) for name in marked(columns)]
    header = ("label", *("mean", "50%", "max") * len(groups))
    return Table(
        "Lengths of entities in tokens", tuple(groups), header, tuple(rows), (), notices(columns)
    )


def position_tables(columns: Sequence[Column]) -> list[Table]:
    """Entities that begin in each tenth of the document, and in each block of 512 tokens."""
    tenths = []
    for tenth in range(TENTHS):
        densities = [statistics.positions.by_tenth()[tenth] for _, statistics in columns]
        name = f"{100 * tenth // TENTHS}-{100 * (tenth + 1) // TENTHS}%"
        tenths.append((name, *map(_density_cell, densities)))
    longest = max(max(statistics.lengths, default=0) for _, statistics in columns)
    blocks = []
    for block in range(min(BLOCKS_SHOWN, -(-longest // BLOCK))):
        name = f"{block * BLOCK:,}-{(block + 1) * BLOCK - 1:,}"
        cells = [_density_cell(s.positions.block(block)) for _, s in columns]
        blocks.append((name, *cells))
    if longest > BLOCKS_SHOWN * BLOCK:
        cells = [_density_cell(s.positions.beyond(BLOCKS_SHOWN)) for _, s in columns]
        blocks.append((f"{BLOCKS_SHOWN * BLOCK:,} on", *cells))
    return [
        Table(
            f"Entities per 100 tokens, by {part}",
            (),
            (part.split()[0], *marked(columns)),
            tuple(rows),
            (),
            notices(columns),
        )
        for part, rows in (("tenth of the document", tenths), (f"block of {BLOCK} tokens", blocks))
    ]


def source_table(columns: Sequence[Column], *, top: int = 10) -> Table:
    """Labels by source, the largest sources of each dataset; shares are of the source's entities."""
    labels = union_of_labels(columns)
    several = len(columns) > 1
    rows = []
    for name, (_, statistics) in zip(marked(columns), columns, strict=True):
        ranked = sorted(statistics.sources.items(), key=lambda pair: (-pair[1], pair[0]))
        for source, documents in ranked[:top]:
            counts = [statistics.source_entities[source, label] for label in labels]
            words, entities = statistics.source_words[source], sum(counts)
            shares = [per_cent(count / entities if entities else None) for count in counts]
            shown = source or "(none)"
            density = decimal(100 * entities / words if words else None, 2)
            rows.append(
                (f"{name}: {shown}" if several else shown, f"{documents:,}", density, *shares)
            )
        if len(ranked) > top:
            more = f"{len(ranked) - top} more"
            empty = ("...",) * (2 + len(labels))
            rows.append((f"{name}: {more}" if several else more, *empty))
    header = ("source", "documents", "per 100 words", *labels)
    return Table("Labels by source", (), header, tuple(rows), (), notices(columns))


def ambiguity_table(columns: Sequence[Column]) -> Table:
    """Surface forms, mentions, and the share of mentions whose form has more than one label."""
    rows = []
    for label in [*union_of_labels(columns), None]:
        cells: list[str] = []
        for _, statistics in columns:
            found = statistics.mentions.ambiguity(label)
            shown = per_cent(found.share if found.mentions else None)
            cells += [f"{found.forms:,}", f"{found.mentions:,}", shown]
        rows.append((label or ALL, *cells))
    groups = tuple((name, 3) for name in marked(columns))
    header = ("label", *("forms", "mentions", "ambiguous") * len(groups))
    note = "Ambiguous: mentions whose surface form (case-folded) occurs with more than one label."
    return Table(
        "Ambiguity of surface forms",
        groups,
        header,
        tuple(rows),
        (),
        (note, *notices(columns)),
    )


def seen_table(columns: Sequence[Column], earlier: Mentions, *, name: str) -> Table:
    """The share of mentions whose surface form occurs in `earlier`, with the same label or others."""
    rows = []
    for label in [*union_of_labels(columns), None]:
        cells: list[str] = []
        for _, statistics in columns:
            seen = statistics.mentions.seen_in(earlier, label)
            cells += [f"{seen.mentions:,}", per_cent(seen.seen_share), per_cent(seen.other_share)]
        rows.append((label or ALL, *cells))
    groups = tuple((name, 3) for name in marked(columns))
    header = ("label", *("mentions", "seen", "other label") * len(groups))
    note = (
        "Seen: the surface form (case-folded) occurs there with the same label; "
        "other label: only with others; the rest is unseen."
    )
    title = f"Mentions seen in {name}"
    return Table(title, groups, header, tuple(rows), (), (note, *notices(columns)))


def _density_cell(density: Density) -> str:
    return decimal(density.per_100 if density.tokens else None, 2)


def _paper_mean(column: PaperColumn, label: str | None) -> str:
    mean = column.entity_length(label)
    return "-" if mean is None else decimal(mean, 2)
