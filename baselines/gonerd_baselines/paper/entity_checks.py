"""Named entities: Table 6, and what the text says of labels and of what students keep."""

from __future__ import annotations

from collections.abc import Iterator

from gonerd_baselines.paper.check import Check, Paper, above, change, figure, sentence
from gonerd_baselines.paper.interval import Interval, highest, mean
from gonerd_baselines.paper.printed_table import EFFICIENT, STUDENT, PrintedTable
from gonerd_baselines.paper.score_checks import kept

__all__ = ["entity_checks"]

_STUDENT = "Longformer's student"

_LABELS = ("PER", "ORG", "LOC", "MISC")
_BOTH = tuple(model + suffix for model in EFFICIENT for suffix in ("", STUDENT))


def entity_checks(paper: Paper) -> Iterator[Check]:
    """All of them."""
    table = paper["table6"]
    yield from _all_labels(table)
    yield from _retention(table)
    yield from _labels(table)
    yield _base_performance(paper)


def _all_labels(table: PrintedTable) -> Iterator[Check]:
    """F1 over all labels is an average of the labels' F1, weighted by what was found and is gold."""
    for prefix, column in (("CoNLL", "CoNLL-2003"), ("GONERD", "GONERD")):
        for row in table.cells:
            if table.has(row, column):
                labels = [table.value(row, f"{prefix}-{label}") for label in _LABELS]
                yield figure(
                    "Table 6",
                    ("table6",),
                    f"{row}, {column}, all labels",
                    table.text(row, column),
                    Interval(min(v.low for v in labels), max(v.high for v in labels)),
                    "between the lowest and the highest label",
                )


def _retention(table: PrintedTable) -> Iterator[Check]:
    used = ("table6",)
    best = "the best of four students"
    conll = [kept(table, model, "CoNLL-2003") for model in EFFICIENT]
    gonerd = [kept(table, model, "GONERD") for model in EFFICIENT]
    yield figure(
        "abstract", used, "GONERD that students keep, at most", "98.8%", highest(gonerd), best
    )
    yield figure(
        "section 5", used, "GONERD that students keep, at most", "97.4%", highest(gonerd), best
    )
    for column, text in (("CoNLL-2003", "99.8%"), ("GONERD", "95.9%")):
        yield figure(
            "section 1",
            used,
            f"{column} that Longformer's student keeps",
            text,
            kept(table, "Longformer", column),
            f"F1 {table.text(_STUDENT, column)} against {table.text('Longformer', column)}",
        )
    yield figure(
        "section 4.3",
        used,
        "CoNLL-2003 that students keep",
        "97.4%",
        highest(conll),
        best,
        readings=[
            ("as the average of four", mean(conll)),
            ("of GONERD, the best of four", highest(gonerd)),
        ],
    )
    gains = {
        column: highest(
            change(table.value(m + STUDENT, column), table.value(m, column)) for m in EFFICIENT
        )
        for column in ("GONERD", "CoNLL-2003")
    }
    yield figure(
        "section 4.3",
        used,
        "by which distilling improves GONERD",
        "0.2%",
        gains["GONERD"],
        best,
        readings=[("of CoNLL-2003, the best of four", gains["CoNLL-2003"])],
    )


def _labels(table: PrintedTable) -> Iterator[Check]:
    used = ("table6",)
    yield sentence(
        "appendix A.2",
        used,
        "LOC and ORG are GONERD's hardest labels for teachers and students",
        "most difficult",
        {
            f"{row}, {hard} and {easy}": above(
                table.value(row, f"GONERD-{easy}"), table.value(row, f"GONERD-{hard}")
            )
            for row in _BOTH
            for hard in ("LOC", "ORG")
            for easy in ("PER", "MISC")
        },
        "each against PER and MISC",
    )
    yield sentence(
        "appendix A.2",
        used,
        "MISC is CoNLL-2003's hardest label for efficient models",
        "most difficult",
        {
            f"{row} ({other} {table.text(row, f'CoNLL-{other}')}, "
            f"MISC {table.text(row, 'CoNLL-MISC')})": above(
                table.value(row, f"CoNLL-{other}"), table.value(row, "CoNLL-MISC")
            )
            for row in _BOTH
            for other in _LABELS[:3]
        },
        "F1 of each model's labels",
    )


def _base_performance(paper: Paper) -> Check:
    """The best of the students by task; "most" is more than half of them."""
    tasks = (
        ("table3", "average", "GLUE"),
        *(("table5", task, task) for task in ("SQuAD", "HotpotQA", "TriviaQA")),
        *(("table6", task, task) for task in ("CoNLL-2003", "GONERD")),
    )
    best = {
        name: all(
            above(
                paper[table].value("Longformer's student", column),
                paper[table].value(other + STUDENT, column),
            )
            for other in EFFICIENT
            if other != "Longformer"
        )
        for table, column, name in tasks
    }
    return sentence(
        "section 5",
        tuple(dict.fromkeys(table for table, _, _ in tasks)),
        "Longformer's student is the best student on most tasks",
        "most tasks",
        {
            f"best on {', '.join(n for n, b in best.items() if b)}": 2 * sum(best.values())
            > len(best)
        },
        "six tasks",
    )
