"""The numbers of each task, as columns of tables, and where the paper prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gonerd.labels import LABELS
from gonerd_baselines.paper.score_tables import GLUE
from gonerd_baselines.reproduction.rows import Column
from gonerd_baselines.reproduction.scale import TaskRow

__all__ = [
    "GLUE_TASKS",
    "average_columns",
    "glue_columns",
    "ner_columns",
    "qa_columns",
    "summary_columns",
]


@dataclass(frozen=True, slots=True)
class _GlueTask:
    """A task of GLUE: what the paper calls it, and its metrics in the order in which it prints them."""

    paper: str
    metrics: tuple[tuple[str, str], ...]
    """As the evaluation calls a metric, and as a table does."""


GLUE_TASKS: Mapping[str, _GlueTask] = {
    "glue/cola": _GlueTask("CoLA", (("matthews", "MCC"),)),
    "glue/mnli": _GlueTask(
        "MNLI", (("accuracy", "M acc."), ("accuracy@validation_mismatched", "MM acc."))
    ),
    "glue/mrpc": _GlueTask("MRPC", (("accuracy", "acc."), ("f1", "F1"))),
    "glue/qnli": _GlueTask("QNLI", (("accuracy", "acc."),)),
    "glue/qqp": _GlueTask("QQP", (("accuracy", "acc."), ("f1", "F1"))),
    "glue/rte": _GlueTask("RTE", (("accuracy", "acc."),)),
    "glue/sst-2": _GlueTask("SST-2", (("accuracy", "acc."),)),
    "glue/sts-b": _GlueTask("STS-B", (("pearson", "PCC"), ("spearman", "SRCC"))),
}
"""In the order of Table 3."""

assert tuple(task.paper for task in GLUE_TASKS.values()) == GLUE

_QA = {"squad": "SQuAD", "hotpotqa": "HotpotQA", "triviaqa": "TriviaQA"}
_NER = {"conll2003": ("CoNLL", "CoNLL-2003"), "gonerd": ("GONERD", "GONERD")}
"""What Table 6 calls the columns of a label, and that of all."""


def glue_columns(tasks: Mapping[str, TaskRow]) -> list[Column]:
    """Every number of the tasks that there are."""
    return [
        Column(
            name=f"{task}:{metric}",
            title=title,
            group=tasks[task].title,
            task=task,
            metric=metric,
            paper=known.paper,
            paper_group=known.paper,
            place=place,
            leads=place == 0,
        )
        for task, known in GLUE_TASKS.items()
        if task in tasks
        for place, (metric, title) in enumerate(known.metrics)
    ]


def average_columns(columns: Sequence[Column], *, flat_paper: str, task_paper: str) -> list[Column]:
    """GLUE's average over all numbers, as in Table 3, and over tasks, as in Tables 8 and 11."""
    if not columns:
        return []
    by_task: dict[str, tuple[str, ...]] = {}
    for column in columns:
        by_task[column.task] = (*by_task.get(column.task, ()), column.name)
    every = tuple((column.name,) for column in columns)
    whole = len(by_task) == len(GLUE)
    group = f"average of {len(by_task)}" + ("" if whole else f" of {len(GLUE)} tasks")
    flat = Column(
        name="glue:numbers", title="of numbers", group=group, average_of=every, paper=flat_paper
    )
    tasks = replace(
        flat,
        name="glue:tasks",
        title="by task",
        average_of=tuple(by_task.values()),
        paper=task_paper,
    )
    # An average of other tasks is no number that the paper prints.
    return [flat, tasks] if whole else [replace(flat, paper=""), replace(tasks, paper="")]


def qa_columns(tasks: Mapping[str, TaskRow]) -> list[Column]:
    """Exact match and F1."""
    return [
        Column(
            name=f"{task}:{metric}",
            title=title,
            group=tasks[task].title,
            task=task,
            metric=metric,
            paper=f"{paper}-EM" if metric == "exact_match" else paper,
            paper_group=paper,
            leads=metric == "f1",
        )
        for task, paper in _QA.items()
        if task in tasks
        for metric, title in (("exact_match", "EM"), ("f1", "F1"))
    ]


def ner_columns(tasks: Mapping[str, TaskRow]) -> list[Column]:
    """F1 of each label, and of all."""
    return [
        Column(
            name=f"{task}:{label}",
            title=label,
            group=tasks[task].title,
            task=task,
            metric="f1" if label == "ALL" else f"f1_{label}",
            paper=whole if label == "ALL" else f"{part}-{label}",
            paper_group=whole,
            leads=label == "ALL",
        )
        for task, (part, whole) in _NER.items()
        if task in tasks
        for label in (*LABELS, "ALL")
    ]


def summary_columns(tasks: Mapping[str, TaskRow], wanted: Sequence[str]) -> list[Column]:
    """The main number of each of the tasks `wanted`, `glue` among them, as Tables 7 and 8 have them."""
    found: list[Column] = []
    for task in wanted:
        if task == "glue":
            numbers = glue_columns(tasks)
            average = average_columns(numbers, flat_paper="", task_paper="GLUE")[1:]
            found += [
                replace(each, leads=False, shown=False, paper="") for each in numbers
            ] + average
        elif task in tasks:
            columns = [*qa_columns(tasks), *ner_columns(tasks)]
            found += [each for each in columns if each.task == task and each.leads]
    return found
