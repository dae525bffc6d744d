"""Averages of GLUE, changes of scores and what students keep: Tables 3, 5, 7, 8 and 11."""

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
from gonerd_baselines.paper.score_tables import GLUE

__all__ = ["by_number", "by_task", "kept", "score_checks"]

_STUDENT = "Longformer's student"

_QA = ("SQuAD", "HotpotQA", "TriviaQA")


def score_checks(paper: Paper) -> Iterator[Check]:
    """All of them, in the paper's order."""
    yield from _table_3(paper["table3"])
    yield from _glue_text(paper["table3"])
    yield from _short_and_long(paper)
    yield from _question_answering(paper["table5"])
    yield from _table_7(paper)
    yield from _table_8(paper)
    yield from _table_11(paper["table11"])


def by_number(table: PrintedTable, row: str) -> Interval:
    """The average of all numbers of GLUE: a task with two counts twice."""
    return mean(value for task in GLUE for value in table.values(row, task))


def by_task(table: PrintedTable, row: str) -> Interval:
    """The average of the tasks, each the average of its numbers, as GLUE itself does it."""
    return mean(mean(table.values(row, task)) for task in GLUE)


def kept(table: PrintedTable, model: str, column: str) -> Interval:
    """Per cent of the teacher's score that its student has."""
    return share(table.value(model + STUDENT, column), table.value(model, column))


def _table_3(table: PrintedTable) -> Iterator[Check]:
    for row in table.cells:
        yield figure(
            "Table 3",
            ("table3",),
            f"{row}, average",
            table.text(row, "average"),
            by_number(table, row),
            "over all numbers, as the other rows",
            readings=[("by task", by_task(table, row))],
        )


def _flat_kept(table: PrintedTable, model: str) -> Interval:
    return share(by_number(table, model + STUDENT), by_number(table, model))


def _glue_text(table: PrintedTable) -> Iterator[Check]:
    used = ("table3",)
    printed_averages = "the printed averages"
    yield figure(
        "section 1",
        used,
        "GLUE that Longformer's student keeps",
        "92.3%",
        kept(table, "Longformer", "average"),
        printed_averages,
        readings=[
            (
                "with averages by task",
                share(by_task(table, "Longformer's student"), by_task(table, "Longformer")),
            )
        ],
    )
    yield figure(
        "section 4.3",
        used,
        "GLUE that students keep, on average",
        "94.6%",
        mean(kept(table, model, "average") for model in EFFICIENT),
        f"{printed_averages}, four students",
        readings=[
            (
                "with averages over all numbers, LSG's too",
                mean(_flat_kept(table, model) for model in EFFICIENT),
            )
        ],
    )
    yield figure(
        "section 4.3",
        used,
        "GLUE that LSG's student keeps",
        "87.3%",
        kept(table, "LSG", "average"),
        printed_averages,
        readings=[("with averages over all numbers", _flat_kept(table, "LSG"))],
    )
    yield sentence(
        "section 4.3",
        used,
        "Big Bird's student is the best of the students on GLUE",
        "highest",
        {
            model: above(
                table.value("Big Bird's student", "average"),
                table.value(model + STUDENT, "average"),
            )
            for model in EFFICIENT
            if model != "Big Bird"
        },
        printed_averages,
    )
    yield sentence(
        "section 4.3",
        used,
        "Nystromformer's student is better on GLUE than its teacher",
        "slight increase",
        {
            "average": above(
                table.value("Nystromformer's student", "average"),
                table.value("Nystromformer", "average"),
            )
        },
        printed_averages,
    )


def _short_and_long(paper: Paper) -> Iterator[Check]:
    short = [
        mean(
            [
                kept(paper["table3"], model, "average"),
                kept(paper["table5"], model, "SQuAD"),
                kept(paper["table6"], model, "CoNLL-2003"),
            ]
        )
        for model in EFFICIENT
    ]
    long = [mean(kept(paper["table5"], m, task) for task in _QA[1:]) for m in EFFICIENT]
    most = "the average of {}, the best of four students"
    for place in ("abstract", "section 5"):
        yield figure(
            place,
            ("table3", "table5", "table6"),
            "kept of GLUE, SQuAD and CoNLL-2003, at most",
            "98.6%",
            highest(short),
            most.format("three tasks"),
        )
    yield figure(
        "abstract",
        ("table5",),
        "kept of HotpotQA and TriviaQA, at most",
        "94.6%",
        highest(long),
        most.format("two tasks"),
    )


def _question_answering(table: PrintedTable) -> Iterator[Check]:
    used = ("table5",)
    for place, tasks in (("section 4.3", _QA), ("section 5", _QA[1:])):
        for task in tasks:
            yield figure(
                place,
                used,
                f"{task} that students keep, at most",
                {"SQuAD": "94.8%", "HotpotQA": "94.1%", "TriviaQA": "95.0%"}[task],
                highest(kept(table, model, task) for model in EFFICIENT),
                "F1, the best of four students",
            )
    for place, model, task, text in (
        ("section 1", "Longformer", "SQuAD", "93.0%"),
        ("section 1", "Longformer", "HotpotQA", "88.4%"),
        ("section 4.3", "LSG", "HotpotQA", "75.7%"),
        ("section 4.3", "LSG", "TriviaQA", "57.9%"),
    ):
        yield figure(
            place,
            used,
            f"{task} that {model}'s student keeps",
            text,
            kept(table, model, task),
            f"F1 {table.text(model + STUDENT, task)} against {table.text(model, task)}",
        )
    yield figure(
        "section 4.3",
        used,
        "question answering that Nystromformer's student keeps",
        "94.7%",
        mean(kept(table, "Nystromformer", task) for task in _QA),
        "F1, the average of three tasks",
    )
    ahead, behind = "Longformer's student", "Nystromformer's student"
    yield figure(
        "section 4.3",
        used,
        "by which Longformer's student is better than Nystromformer's",
        "2.3%",
        mean(change(table.value(ahead, task), table.value(behind, task)) for task in _QA),
        "F1, the average of three tasks",
        readings=[
            (
                f"in points of {kind}",
                mean(table.value(ahead, t) - table.value(behind, t) for t in of),
            )
            for kind, of in (("F1", _QA), ("exact match", [f"{task}-EM" for task in _QA]))
        ],
    )


def _table_7(paper: Paper) -> Iterator[Check]:
    table = paper["table7"]
    models = {"KD": "DistilRoBERTa", "Convert": "Longformer", "Both": "Longformer's student"}
    for task, source, column in (
        ("GLUE", "table3", "average"),
        ("SQuAD", "table5", "SQuAD"),
        ("CoNLL-2003", "table6", "CoNLL-2003"),
    ):
        scores, base = paper[source], table.value("RoBERTa", task)
        used = ("table7", source)
        number = source.removeprefix("table")
        first = ("Table 7", used, f"RoBERTa, {task}", table.text("RoBERTa", task))
        if task == "GLUE":
            yield figure(*first, by_number(scores, "RoBERTa"), "Table 3, over all numbers")
        else:
            yield copied(*first, scores.value("RoBERTa", column), f"Table {number}")
        for row, model in models.items():
            after = scores.value(model, column)
            yield figure(
                "Table 7",
                used,
                f"{row}, {task}",
                table.text(row, task),
                change(after, base),
                f"{model}: {scores.text(model, column)} (Table {number}) against "
                f"{table.text('RoBERTa', task)} of RoBERTa",
                readings=[
                    ("with the other sign", change(after, base).negated()),
                    ("times ten", change(after, base).times(10)),
                    ("against Longformer", change(after, scores.value("Longformer", column))),
                ],
            )
    for task, source in (("HotpotQA", "table5"), ("TriviaQA", "table5"), ("GONERD", "table6")):
        scores, used = paper[source], ("table7", source)
        teacher, student = (scores.value(name, task) for name in list(models.values())[1:])
        number = source.removeprefix("table")
        yield copied(
            "Table 7",
            used,
            f"Convert, {task}",
            table.text("Convert", task),
            teacher,
            f"Longformer's in Table {number}",
        )
        yield figure(
            "Table 7",
            used,
            f"Both, {task}",
            table.text("Both", task),
            change(student, teacher),
            f"{scores.text(_STUDENT, task)} against "
            f"{scores.text('Longformer', task)} of Longformer, Table {number}",
        )


def _table_8(paper: Paper) -> Iterator[Check]:
    table = paper["table8"]
    for row in table.cells:
        yield copied(
            "Table 8",
            ("table8", "table11"),
            f"{row}, GLUE",
            table.text(row, "GLUE"),
            paper["table11"].value(row, "average"),
            "Table 11's average",
        )
    best, student = "OSCAR + BC", "Longformer's student"
    for task, source in (("SQuAD", "table5"), ("HotpotQA", "table5"), ("CoNLL-2003", "table6"),
                         ("GONERD", "table6")):  # fmt: skip
        yield copied(
            "Table 8",
            ("table8", source),
            f"{best}, {task}",
            table.text(best, task),
            paper[source].value(student, task),
            f"Longformer's student in Table {source.removeprefix('table')}",
        )
    yield sentence(
        "section 4.5",
        ("table8",),
        "OSCAR and BookCorpus are the best texts to distil on",
        "best on both short and long",
        {
            f"{row}, {task}": above(table.value(best, task), table.value(row, task))
            for row in table.cells
            for task in table.columns
            if row != best
        },
        "each number against the other texts'",
    )


def _table_11(table: PrintedTable) -> Iterator[Check]:
    for row in table.cells:
        yield figure(
            "Table 11",
            ("table11",),
            f"{row}, average",
            table.text(row, "average"),
            by_task(table, row),
            "by task, as the other rows",
            readings=[("over all numbers", by_number(table, row))],
        )
    best = "OSCAR + BC"
    yield figure(
        "appendix C",
        ("table11",),
        "average over all tasks and metrics",
        "78.9",
        by_task(table, best),
        "by task",
    )
    parts: dict[str, bool | None] = {}
    for row in ("BC + WIKI", "OSCAR + WIKI"):
        behind = {t: mean(table.values(best, t)) - mean(table.values(row, t)) for t in GLUE}
        for task in GLUE:
            if task not in ("CoLA", "MNLI"):
                parts[f"{row}, {task}"] = above(behind["MNLI"], behind[task])
        parts[f"{row}, CoLA"] = above(behind["CoLA"], highest(behind[t] for t in GLUE[2:]))
    yield sentence(
        "appendix C",
        ("table11",),
        "mixes with Wikipedia differ most in CoLA and MNLI",
        "most notable differences",
        parts,
        "each task's distance to OSCAR + BC",
    )
