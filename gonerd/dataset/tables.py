"""Statistics as tables: the paper's Tables 1, 9 and 10, entities by type, and all datasets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from gonerd.dataset.columns import (
    Column,
    decimal,
    marked,
    notices,
    per_cent,
    share,
    union_of_labels,
)
from gonerd.dataset.lengths import LengthSummary
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.statistics import Statistics
from gonerd.dataset.table import Table
from gonerd.labels import SUBTYPES, TAGS

__all__ = [
    "domain_tables",
    "entity_table",
    "length_table",
    "overview_table",
    "subword_table",
    "tag_table",
]

LENGTH_ROWS = {
    "mean": "mean",
    "std": "std. dev.",
    "min": "min",
    "q25": "25%",
    "q50": "50%",
    "q75": "75%",
    "max": "max",
    "over_512": "> 512",
    "over_4096": "> 4096",
}


def overview_table(columns: Sequence[Column], *, tokenizer: str = "") -> Table:
    """All datasets in one table, a row each, and their sum where their lengths have one unit."""
    labels = union_of_labels(columns)
    by_sentence = any(statistics.unit == "sentence" for _, statistics in columns)

    def cells(name: str, statistics: Statistics) -> tuple[str, ...]:
        subwords = statistics.subword_summary()
        return (
            name,
            f"{statistics.documents:,}",
            *([_sentence_count(statistics)] if by_sentence else []),
            f"{statistics.words:,}",
            *(["-" if subwords is None else f"{subwords.total:,}"] if tokenizer else []),
            f"{statistics.entities.total():,}",
            decimal(statistics.per_100()),
            *(f"{statistics.entities[label]:,}" for label in labels),
        )

    header = (
        "dataset",
        "documents",
        *(["sentences"] if by_sentence else []),
        "words",
        *(["subwords"] if tokenizer else []),
        "entities",
        "per 100 words",
        *labels,
    )
    rows = [cells(name, s) for name, (_, s) in zip(marked(columns), columns, strict=True)]
    one_unit = len({statistics.unit for _, statistics in columns}) == 1
    whole = reduce(add, (s for _, s in columns)) if one_unit and len(columns) > 1 else None
    total = () if whole is None else cells("all", whole)
    notes = (f"Subwords are those of {tokenizer}.",) if tokenizer else ()
    return Table("Datasets", (), header, tuple(rows), total, (*notes, *notices(columns)))


def length_table(
    columns: Sequence[Column], *, paper: Sequence[PaperColumn] = (), tokenizer: str = ""
) -> Table:
    """Table 1: lengths in words and, below them, in subwords where a tokenizer is named."""
    rows = _count_rows(columns, paper)
    words = _length_rows([statistics.length_summary() for _, statistics in columns], paper)
    title = f"{_title(columns)} in words"
    if tokenizer:
        gap = ("",) * (len(paper) + len(columns))
        rows += [("words", *gap), *_indented(words)]
        rows += [(f"subwords of {tokenizer}", *gap), *_indented(_subword_rows(columns, paper))]
        title += " and in subwords"
    else:
        rows += words
    return Table(title, (), _header(columns, paper), tuple(rows), (), notices(columns))


def subword_table(columns: Sequence[Column], *, tokenizer: str) -> Table:
    """Table 1 in subwords alone, for many columns."""
    title = f"{_title(columns)} in subwords of {tokenizer}"
    rows = [*_count_rows(columns, ()), *_subword_rows(columns, ())]
    return Table(title, (), _header(columns, ()), tuple(rows), (), notices(columns))


def tag_table(columns: Sequence[Column], *, paper: Sequence[PaperColumn] = ()) -> Table:
    """Table 9: how often each tag occurs; p over all tokens, p1 over those that are not O."""
    shares = [{row.tag: row for row in statistics.tag_shares()} for _, statistics in columns]
    names = list(dict.fromkeys([*TAGS, *(tag for by_tag in shares for tag in by_tag)]))
    rows = []
    for tag in names:
        cells = [cell or "-" for column in paper for cell in column.tags.get(tag, ("", "", ""))]
        for by_tag in shares:
            row = by_tag.get(tag)
            cells += (
                ["0", share(0.0), share(0.0)]
                if row is None
                else [f"{row.count:,}", share(row.p), share(row.p1)]
            )
        rows.append((tag, *cells))
    total = [cell for column in paper for cell in (column.tag_total, "1.0", "1.0")]
    for _, statistics in columns:
        total += [f"{statistics.words:,}", "1.0", "1.0"]
    groups = (
        *((f"{column.name} (paper)", 3) for column in paper),
        *((name, 3) for name in marked(columns)),
    )
    header = ("tag", *("#", "p", "p1") * len(groups))
    return Table("Tags", groups, header, tuple(rows), ("total", *total), notices(columns))


def entity_table(columns: Sequence[Column]) -> Table:
    """Entities by label, and below MISC by subtype."""
    rows = []
    for label in union_of_labels(columns):
        rows.append((label, *(f"{statistics.entities[label]:,}" for _, statistics in columns)))
        for subtype in SUBTYPES.get(label, ()):
            counts = [statistics.subtypes[f"{label}/{subtype}"] for _, statistics in columns]
            if any(counts):
                rows.append((f"  {subtype}", *(f"{count:,}" for count in counts)))
    total = ("total", *(f"{statistics.entities.total():,}" for _, statistics in columns))
    return Table("Entities", (), ("label", *marked(columns)), tuple(rows), total, notices(columns))


def domain_tables(
    columns: Sequence[Column], *, paper: Sequence[PaperColumn] = (), top: int = 10
) -> list[Table]:
    """Table 10 for each dataset whose documents name domains, and the paper's own."""
    tables = [
        _domain_table(name, statistics, top=top)
        for name, statistics in columns
        if any(statistics.domains)
    ]
    return tables + [_paper_domains(column) for column in paper if column.domains]


def _domain_table(name: str, statistics: Statistics, *, top: int = 10) -> Table:
    """Table 10: how many documents each domain has."""
    shares = statistics.domain_shares(top)
    rows = [(s.domain or "(none)", f"{s.count:,}", share(s.pdf), share(s.cdf)) for s in shares]
    if len(statistics.domains) > len(shares):
        rows.append(("...", "...", "...", "..."))
    total = (
        f"total ({len(statistics.domains):,} domains)",
        f"{statistics.documents:,}",
        "1.0",
        "1.0",
    )
    return Table(
        f"Domains of {marked([(name, statistics)])[0]}",
        (),
        ("website", "#", "pdf", "cdf"),
        tuple(rows),
        total,
        notices([(name, statistics)]),
    )


def _paper_domains(column: PaperColumn) -> Table:
    total = (
        f"total ({column.distinct_domains} domains)",
        column.documents,
        "1.0",
        "1.0",
    )
    return Table(
        f"Domains of {column.name} (paper)",
        (),
        ("website", "#", "pdf", "cdf"),
        (*column.domains, ("...", "...", "...", "...")),
        total,
    )


def _title(columns: Sequence[Column]) -> str:
    units = sorted({statistics.unit for _, statistics in columns})
    return f"Lengths of {' or of '.join(f'{unit}s' for unit in units)}"


def _header(columns: Sequence[Column], paper: Sequence[PaperColumn]) -> tuple[str, ...]:
    return ("length", *(f"{column.name} (paper)" for column in paper), *marked(columns))


def _count_rows(columns: Sequence[Column], paper: Sequence[PaperColumn]) -> list[tuple[str, ...]]:
    ours = [f"{statistics.documents:,}" for _, statistics in columns]
    rows = [("documents", *(column.documents or "-" for column in paper), *ours)]
    if any(statistics.unit == "sentence" for _, statistics in columns):
        counts = [_sentence_count(statistics) for _, statistics in columns]
        rows.append(("sentences", *("-" for _ in paper), *counts))
    return rows


def _sentence_count(statistics: Statistics) -> str:
    return f"{statistics.sentences.total():,}" if statistics.unit == "sentence" else "-"


def _length_rows(
    summaries: Sequence[LengthSummary | None], paper: Sequence[PaperColumn]
) -> list[tuple[str, ...]]:
    rows = []
    for key, shown in LENGTH_ROWS.items():
        theirs = [column.lengths.get(key) or "-" for column in paper]
        values = [getattr(summary, key, None) for summary in summaries]
        show = per_cent if key.startswith("over") else decimal
        rows.append((shown, *theirs, *map(show, values)))
    return rows


def _subword_rows(columns: Sequence[Column], paper: Sequence[PaperColumn]) -> list[tuple[str, ...]]:
    rows = _length_rows([statistics.subword_summary() for _, statistics in columns], ())
    return [(shown, *("-" for _ in paper), *cells) for shown, *cells in rows]


def _indented(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(f"  {shown}", *cells) for shown, *cells in rows]
