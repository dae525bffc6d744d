"""What GONERD is made of: Tables 1, 9 and 10, section 3.3 and appendix A.2."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gonerd.labels import TAGS
from gonerd_baselines.paper.check import Check, Paper, above, figure, sentence, share, unanswered
from gonerd_baselines.paper.interval import Interval, printed, total
from gonerd_baselines.paper.printed_table import PrintedTable

__all__ = ["dataset_checks"]


def dataset_checks(paper: Paper) -> Iterator[Check]:
    """All of them."""
    yield from _lengths(paper["table1"])
    yield from _tags(paper["table9"])
    yield from _tag_text(paper["table9"])
    yield from _domains(paper["table10"])


def _lengths(table: PrintedTable) -> Iterator[Check]:
    used = ("table1",)
    yield sentence(
        "section 3.3",
        used,
        "GONERD's median is below its mean",
        "right skew",
        {"q50": above(table.value("GONERD", "mean"), table.value("GONERD", "q50"))},
        "q50 against the mean",
    )
    yield sentence(
        "section 3.3",
        used,
        "no sequence of CoNLL-2003 is above 512 tokens",
        "none",
        {"max": above(Interval.exact(512), table.value("CoNLL-2003", "max"))},
        "its longest",
    )
    for limit, text in ((512, "35%"), (4096, "0.2%")):
        shares = _share_above(table, limit)
        yield figure(
            "section 3.3",
            used,
            f"GONERD's sequences above {limit:,} tokens",
            text,
            shares,
            "between the quantiles around it",
        )


def _share_above(table: PrintedTable, limit: int) -> Interval:
    """Per cent above a length, as far as quartiles and ends tell."""
    ends = (("min", 100), ("q25", 75), ("q50", 50), ("q75", 25), ("max", 0))
    least, most = 0, 100
    for column, over in ends:
        if table.value("GONERD", column).low > limit:
            least = max(least, over)
        else:
            most = min(most, over)
    return Interval(Fraction(least), Fraction(most))


def _tags(table: PrintedTable) -> Iterator[Check]:
    used = ("table9",)
    for name in ("CoNLL-2003", "GONERD"):
        counts = {tag: table.value(tag, f"{name}-count") for tag in TAGS}
        whole = table.value("Total", f"{name}-count")
        yield figure(
            "Table 9",
            used,
            f"{name}, total",
            table.text("Total", f"{name}-count"),
            total(counts.values()),
            "the sum of its tags",
        )
        for tag, count in counts.items():
            others = total(v for other, v in counts.items() if other not in (tag, "O"))
            yield figure(
                "Table 9",
                used,
                f"{name}, {tag}, p",
                table.text(tag, f"{name}-p"),
                count / whole,
                "of the printed total",
            )
            if tag != "O":
                # count / (count + others) uses each number once in this form.
                share_of_tags = Interval.exact(1) / (Interval.exact(1) + others / count)
                yield figure(
                    "Table 9",
                    used,
                    f"{name}, {tag}, p1",
                    table.text(tag, f"{name}-p1"),
                    share_of_tags,
                    "of the sum of tags but O",
                )


def _tag_text(table: PrintedTable) -> Iterator[Check]:
    used = ("table9",)
    names = ("GONERD", "CoNLL-2003")
    gonerd, conll = (table.value("Total", f"{name}-count") for name in names)
    tagged = [
        total(table.value(tag, f"{name}-count") for tag in TAGS if tag != "O") for name in names
    ]
    yield figure(
        "appendix A.2",
        used,
        "labelled tokens of GONERD against CoNLL-2003",
        "3.5x",
        gonerd / conll,
        "the printed totals",
        readings=[("in tags but O", tagged[0] / tagged[1])],
    )
    by_prefix = {
        (name, prefix): total(
            table.value(tag, f"{name}-count") for tag in TAGS if tag.startswith(prefix)
        )
        for name in names
        for prefix in "IB"
    }
    for (name, prefix), text in zip(by_prefix, ("57.3k", "64.7k", "15.6k", "35k"), strict=True):
        yield figure(
            "appendix A.2",
            used,
            f"{prefix} tags of {name}",
            text,
            by_prefix[name, prefix],
            "the sum of four",
        )
    longer = [by_prefix[name, "I"] / by_prefix[name, "B"] for name in names]
    yield sentence(
        "appendix A.2",
        used,
        "GONERD's names are longer than CoNLL-2003's",
        "longer",
        {"I over B": above(longer[0], longer[1])},
        "I tags over B tags",
    )


def _domains(table: PrintedTable) -> Iterator[Check]:
    used = ("table10",)
    documents = table.count("Total", "count")
    domains = [row for row in table.cells if row != "Total"]
    so_far = Interval.exact(0)
    added = Interval.exact(0)
    for domain in domains:
        count = table.count(domain, "count")
        so_far += count
        added += _as_printed(table.text(domain, "pdf"))
        yield figure(
            "Table 10",
            used,
            f"{domain}, pdf",
            table.text(domain, "pdf"),
            count / documents,
            f"{table.text(domain, 'count')} of {table.text('Total', 'count')}",
        )
        yield figure(
            "Table 10",
            used,
            f"{domain}, cdf",
            table.text(domain, "cdf"),
            so_far / documents,
            f"{so_far.low} of {table.text('Total', 'count')}",
            readings=[("with the rounded shares added up", added)],
        )
    yield figure(
        "appendix A.2",
        used,
        "documents of justice.gov",
        "24.2%",
        share(table.count("justice.gov", "count"), documents),
        "Table 10's numbers",
    )
    yield figure(
        "appendix A.2",
        used,
        f"documents of the first {len(domains)} websites",
        "48.9%",
        share(so_far, documents),
        "Table 10's numbers",
        readings=[("with the rounded shares added up", added.times(100))],
    )
    yield unanswered(
        "appendix A.2", used, "websites in GONERD", "369", "Table 10 has the first ten alone"
    )


def _as_printed(text: str) -> Interval:
    value = printed(text)
    return Interval.exact((value.low + value.high) / 2)
