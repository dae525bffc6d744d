"""Statistics as tables: aligned columns for a terminal, booktabs for LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.statistics import Statistics
from gonerd.labels import LABELS, SUBTYPES, TAGS

__all__ = [
    "Table",
    "domain_table",
    "entity_table",
    "latex_table",
    "length_table",
    "statistics_tables",
    "tag_table",
    "text_table",
]

Column = tuple[str, Statistics]

LENGTH_ROWS = {
    "documents": "documents",
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


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are shown; the first column is text, the others are numbers."""

    title: str
    groups: tuple[tuple[str, int], ...]
    """Names over the columns after the first, with how many columns each spans."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def statistics_tables(
    columns: Sequence[Column],
    *,
    splits: Sequence[Column] = (),
    paper: Sequence[PaperColumn] = (),
    top_domains: int = 10,
) -> list[Table]:
    """The paper's Tables 1, 9 and 10 and the entities by type, a column for each dataset.

    `splits` add columns where columns are narrow: to lengths and entities. Domains get a table for
    each dataset whose documents name any.
    """
    everything = [*columns, *splits]
    tables = [
        length_table(everything, paper=paper),
        tag_table(columns, paper=paper),
        entity_table(everything),
    ]
    tables.extend(
        domain_table(name, statistics, top=top_domains)
        for name, statistics in columns
        if any(statistics.domains)
    )
    tables.extend(_paper_domains(column) for column in paper if column.domains)
    return tables


def length_table(columns: Sequence[Column], *, paper: Sequence[PaperColumn] = ()) -> Table:
    """Table 1: lengths of documents in words."""
    summaries = [statistics.length_summary() for _, statistics in columns]
    rows = []
    for key, shown in LENGTH_ROWS.items():
        if key == "documents":
            theirs = [column.documents for column in paper]
            ours = [f"{statistics.documents:,}" for _, statistics in columns]
        else:
            theirs = [column.lengths[key] for column in paper]
            ours = [_length_cell(key, getattr(summary, key, None)) for summary in summaries]
        rows.append((shown, *(cell or "-" for cell in theirs), *ours))
    names = (*(f"{column.name} (paper)" for column in paper), *_marked(columns))
    return Table("Lengths in words", (), ("length", *names), tuple(rows), (), _notices(columns))


def tag_table(columns: Sequence[Column], *, paper: Sequence[PaperColumn] = ()) -> Table:
    """Table 9: how often each tag occurs; p over all tokens, p1 over those that are not O."""
    shares = [{share.tag: share for share in statistics.tag_shares()} for _, statistics in columns]
    names = list(dict.fromkeys([*TAGS, *(tag for by_tag in shares for tag in by_tag)]))
    rows = []
    for tag in names:
        cells = [cell or "-" for column in paper for cell in column.tags.get(tag, ("", "", ""))]
        for by_tag in shares:
            share = by_tag.get(tag)
            cells += (
                ["0", _share(0.0), _share(0.0)]
                if share is None
                else [f"{share.count:,}", _share(share.p), _share(share.p1)]
            )
        rows.append((tag, *cells))
    total = [cell for column in paper for cell in (column.tag_total, "1.0", "1.0")]
    for _, statistics in columns:
        total += [f"{statistics.words:,}", "1.0", "1.0"]
    groups = (
        *((f"{column.name} (paper)", 3) for column in paper),
        *((name, 3) for name in _marked(columns)),
    )
    header = ("tag", *("#", "p", "p1") * len(groups))
    return Table("Tags", groups, header, tuple(rows), ("total", *total), _notices(columns))


def entity_table(columns: Sequence[Column]) -> Table:
    """Entities by label, and below MISC by subtype."""
    labels = dict.fromkeys(LABELS)
    for _, statistics in columns:
        labels |= dict.fromkeys(sorted(statistics.entities))
    rows = []
    for label in labels:
        rows.append((label, *(f"{statistics.entities[label]:,}" for _, statistics in columns)))
        for subtype in SUBTYPES.get(label, ()):
            counts = [statistics.subtypes[f"{label}/{subtype}"] for _, statistics in columns]
            if any(counts):
                rows.append((f"  {subtype}", *(f"{count:,}" for count in counts)))
    total = ("total", *(f"{statistics.entities.total():,}" for _, statistics in columns))
    return Table(
        "Entities", (), ("label", *_marked(columns)), tuple(rows), total, _notices(columns)
    )


def domain_table(name: str, statistics: Statistics, *, top: int = 10) -> Table:
    """Table 10: how many documents each domain has."""
    shares = statistics.domain_shares(top)
    rows = [(s.domain or "(none)", f"{s.count:,}", _share(s.pdf), _share(s.cdf)) for s in shares]
    if len(statistics.domains) > len(shares):
        rows.append(("...", "...", "...", "..."))
    total = (
        f"total ({len(statistics.domains):,} domains)",
        f"{statistics.documents:,}",
        "1.0",
        "1.0",
    )
    return Table(
        f"Domains of {_marked([(name, statistics)])[0]}",
        (),
        ("website", "#", "pdf", "cdf"),
        tuple(rows),
        total,
        _notices([(name, statistics)]),
    )


def text_table(table: Table) -> str:
    """The table in aligned columns, as wide as its cells, without colours."""
    lines = [table.header, *table.rows, *([table.total] if table.total else [])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for title, columns in _spans(table):  # a group's name may be wider than its columns
        inside = sum(widths[n] for n in columns) + 2 * (len(columns) - 1)
        widths[columns[0]] += max(0, len(title) - inside)

    def shown(cells: Sequence[str]) -> str:
        padded = [cells[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "  ".join(padded).rstrip()

    result = [table.title]
    if table.groups:
        over = [" " * widths[0]]
        for title, columns in _spans(table):
            over.append(title.rjust(sum(widths[n] for n in columns) + 2 * (len(columns) - 1)))
        result.append("  ".join(over).rstrip())
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    result += [shown(table.header), rule, *map(shown, table.rows)]
    if table.total:
        result += [rule, shown(table.total)]
    return "\n".join([*result, *table.notes])


def latex_table(table: Table) -> str:
    """The table as a LaTeX `table` for the package booktabs; notes go into the caption."""
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\begin{{tabular}}{{l{'r' * (len(table.header) - 1)}}}",
        r"\toprule",
    ]
    if table.groups:
        over = [rf"\multicolumn{{{span}}}{{c}}{{{_latex(title)}}}" for title, span in table.groups]
        lines.append(" & ".join(["", *over]).strip() + r" \\")
        lines.append(
            " ".join(
                rf"\cmidrule(lr){{{columns[0] + 1}-{columns[-1] + 1}}}"
                for _, columns in _spans(table)
            )
        )
    lines.append(_latex_row(table.header))
    lines += [r"\midrule", *map(_latex_row, table.rows)]
    if table.total:
        lines += [r"\midrule", _latex_row(table.total)]
    caption = " ".join([f"{table.title}.", *table.notes])
    lines += [r"\bottomrule", r"\end{tabular}", rf"\caption{{{_latex(caption)}}}", r"\end{table}"]
    return "\n".join(lines)


def _spans(table: Table) -> list[tuple[str, range]]:
    """Each group's name with the numbers of its columns."""
    spans = []
    first = 1
    for title, span in table.groups:
        spans.append((title, range(first, first + span)))
        first += span
    return spans


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


def _marked(columns: Sequence[Column]) -> list[str]:
    """The columns' names, with a mark on those of invented documents."""
    return [f"{name} *" if statistics.synthetic else name for name, statistics in columns]


def _notices(columns: Sequence[Column]) -> tuple[str, ...]:
    marked = any(statistics.synthetic for _, statistics in columns)
    return (f"* {SYNTHETIC_NOTICE}",) if marked else ()


def _length_cell(key: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f}%" if key.startswith("over") else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}".removeprefix("0")


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(_latex, cells)) + r" \\"


def _latex(text: str) -> str:
    if text in ("p", "p1"):
        return "$p$" if text == "p" else "$p^1$"
    indent = r"\quad " if text.startswith("  ") else ""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {character: f"\\{character}" for character in "&%$#_{}"}
    special |= {"<": "$<$", ">": "$>$"}
    return indent + "".join(special.get(character, character) for character in text.strip())
