"""Seconds and megabytes: Tables 2, 4 and 7, and what the text says of them."""

from __future__ import annotations

from collections.abc import Iterator

from gonerd_baselines.paper.check import (
    Check,
    Paper,
    above,
    change,
    copied,
    figure,
    sentence,
    share,
)
from gonerd_baselines.paper.interval import Interval, highest, mean
from gonerd_baselines.paper.printed_table import EFFICIENT, STUDENT, PrintedTable

__all__ = ["FULL_ATTENTION", "cost_checks"]

FULL_ATTENTION = {
    "BERT large": "Longformer",
    "BERT base": "Longformer",
    "RoBERTa": "Longformer",
    "DistilBERT": "Longformer's student",
    "DistilRoBERTa": "Longformer's student",
    "MobileBERT": "Longformer's student",
    "TinyBERT": "Longformer's student",
}
"""Table 4: what each row is compared with, as its caption says."""

_TABLE_7 = {"KD": "DistilRoBERTa", "Convert": "Longformer", "Both": "Longformer's student"}


def cost_checks(paper: Paper) -> Iterator[Check]:
    """All of them, in the paper's order."""
    yield from _text(paper["table2"])
    yield from _table_4(paper["table4"], paper["table2"])
    yield from _table_7(paper["table7"], paper["table2"])


def _saved(table: PrintedTable, model: str, column: str) -> Interval:
    """Per cent of the teacher's that its student does without."""
    return change(table.value(model + STUDENT, column), table.value(model, column)).negated()


def _text(table: PrintedTable) -> Iterator[Check]:
    long = [_saved(table, model, "seconds-4096") for model in EFFICIENT]
    short = [_saved(table, model, "seconds-512") for model in EFFICIENT]
    used = ("table2",)
    yield figure(
        "abstract",
        used,
        "time that a student saves, at most",
        "57.8%",
        highest(long),
        "the largest of four at 4,096 tokens",
    )
    how = "the average of four at 4,096 tokens"
    yield figure(
        "section 4.1",
        used,
        "time that students of long context save, on average",
        "45.2%",
        mean(long),
        how,
        readings=[("averaged over 512 and 4,096 tokens", mean([*short, *long]))],
    )
    memory = [_saved(table, m, f"megabytes-{length}") for m in EFFICIENT for length in (512, 4096)]
    yield figure(
        "section 4.1",
        used,
        "memory that students save, on average",
        "2.6%",
        mean(memory),
        "the average of four at 512 and at 4,096 tokens",
    )
    yield figure(
        "section 5",
        used,
        "time that a student saves, at most",
        "58%",
        highest(long),
        "the largest of four at 4,096 tokens",
    )
    against_roberta = change(
        table.value("Longformer's student", "seconds-512"), table.value("RoBERTa", "seconds-512")
    ).negated()
    saves = _saved(table, "Longformer", "seconds-4096")
    yield figure(
        "section 1",
        used,
        "time that Longformer's student saves on long sequences",
        "49.3%",
        saves,
        "against Longformer at 4,096 tokens",
        readings=[("against RoBERTa at 512 tokens", against_roberta)],
    )
    yield figure(
        "section 1",
        used,
        "cost of Longformer's student in GONERD's context",
        "50.7%",
        Interval.exact(100) - saves,
        "seconds of Longformer's at 4,096 tokens",
        readings=[("of RoBERTa's at 512 tokens", Interval.exact(100) - against_roberta)],
    )
    best, *others = (f"{model}{STUDENT}" for model in ("Longformer", *_without("Longformer")))
    parts = {
        f"{column} of {other}": above(table.value(other, column), table.value(best, column))
        for column in table.columns[1:]
        for other in others
    } | {
        f"parameters of {other}": above(
            table.value(best, "parameters"), table.value(other, "parameters")
        )
        for other in others
    }
    yield sentence(
        "section 4.1",
        used,
        "Longformer's student among the students",
        "fastest, least memory, most parameters",
        parts,
        "each number against the other students'",
    )


def _without(name: str) -> list[str]:
    return [model for model in EFFICIENT if model != name]


def _table_4(table: PrintedTable, short: PrintedTable) -> Iterator[Check]:
    for row, base in FULL_ATTENTION.items():
        for column in ("seconds", "megabytes"):
            yield figure(
                "Table 4",
                ("table4",),
                f"{row}, {column}",
                table.text(row, f"more-{column}"),
                change(table.value(row, column), table.value(base, column)),
                f"{table.text(row, column)} against {table.text(base, column)} of {base}",
            )
    for row in ("Longformer", "Longformer's student"):
        for column in ("seconds", "megabytes"):
            yield copied(
                "Table 4",
                ("table4", "table2"),
                f"{row}, {column}",
                table.text(row, column),
                short.value(row, f"{column}-4096"),
                "Table 2, at 4,096 tokens",
            )


def _table_7(table: PrintedTable, costs: PrintedTable) -> Iterator[Check]:
    used = ("table7", "table2")
    for column in ("seconds", "megabytes"):
        base = costs.value("RoBERTa", f"{column}-512")
        yield copied(
            "Table 7", used, f"RoBERTa, {column}", table.text("RoBERTa", column), base, "Table 2"
        )
        for row, model in _TABLE_7.items():
            after = costs.value(model, f"{column}-512")
            yield figure(
                "Table 7",
                used,
                f"{row}, {column}",
                table.text(row, column),
                change(after, base),
                f"{model}: {costs.text(model, f'{column}-512')} against "
                f"{costs.text('RoBERTa', f'{column}-512')} of RoBERTa, Table 2",
            )
    base, converted = (costs.value(name, "seconds-512") for name in ("RoBERTa", "Longformer"))
    yield sentence(
        "section 4.4",
        used,
        "converting to Longformer improves the speed a little",
        "minor improvements",
        {f"{change(converted, base).shown(1, sign=True)}% of time": above(base, converted)},
        "seconds at 512 tokens, Longformer against RoBERTa",
    )
    distilled, both = (
        share(costs.value(name, "megabytes-512"), costs.value("RoBERTa", "megabytes-512"))
        for name in ("DistilRoBERTa", "Longformer's student")
    )
    yield sentence(
        "section 4.4",
        used,
        "distilling and converting together take less than either",
        "additive in its effects",
        {
            "seconds, distilled": above(
                costs.value("DistilRoBERTa", "seconds-512"),
                costs.value("Longformer's student", "seconds-512"),
            ),
            "seconds, converted": above(
                converted, costs.value("Longformer's student", "seconds-512")
            ),
            "memory, distilled": above(distilled, both),
            "memory, converted": above(
                costs.value("Longformer", "megabytes-512"),
                costs.value("Longformer's student", "megabytes-512"),
            ),
        },
        "Table 2 at 512 tokens",
    )
