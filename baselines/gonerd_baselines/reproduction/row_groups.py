"""Rows that several tables have, the paper's own and those beyond it."""

from __future__ import annotations

from collections.abc import Mapping

from gonerd_baselines.paper.printed_table import STUDENT
from gonerd_baselines.reproduction.rows import Row
from gonerd_baselines.reproduction.runs import NER, Runs
from gonerd_baselines.reproduction.scale import TaskRow, tokens_of

__all__ = ["rows_beyond", "rows_of_paper"]

BASELINE, COMPRESSED, EFFICIENT = "baseline", "compressed", "efficient"
BEYOND = "beyond the paper"
CONTROLS = "controls"


def rows_of_paper(runs: Runs, tasks: Mapping[str, TaskRow]) -> list[Row]:
    """Those of Tables 3, 5 and 6: baselines, compressed models, efficient teachers and their students."""
    scale, models = runs.scale, runs.models
    rows = []
    for name, each in scale.baselines.items():
        model = models.outside(name, each.model)
        rows.append(runs.row(name, each.title, each.group, model, tasks, paper=each.paper))
    full = models.full()
    rows.insert(
        sum(row.block == BASELINE for row in rows),
        runs.row("full", "RoBERTa", BASELINE, full, tasks, paper="RoBERTa"),
    )
    student = models.student(full, scale.recipe)
    rows.append(
        runs.row(
            "full-student",
            "RoBERTa's student",
            COMPRESSED,
            student,
            tasks,
            paper="DistilRoBERTa",
            teachers=("full",),
        )
    )
    for attention, row in scale.shown_attentions.items():
        teacher = models.efficient(attention)
        student = models.student(teacher, scale.recipe)
        rows.append(runs.row(attention, row.title, EFFICIENT, teacher, tasks, paper=row.paper))
        rows.append(
            runs.row(
                f"{attention}-student",
                f"  {row.title}'s student",
                EFFICIENT,
                student,
                tasks,
                paper=row.paper + STUDENT if row.paper else "",
                teachers=(attention,),
            )
        )
    return [row for row in rows if row.runs]


def rows_beyond(runs: Runs, tasks: Mapping[str, TaskRow]) -> list[Row]:
    """Objectives on each attention, distilling first, the task's own answers, full attention, controls.

    Controls stand last and run first: without them nothing can be said of what a teacher adds. Only half the
    depth from scratch, which is pretrained as long as the teacher, runs last.
    """
    scale, models = runs.scale, runs.models
    controls = _controls(runs, tasks)
    rows = []
    for attention, row in scale.shown_attentions.items():
        if attention not in scale.beyond_attentions:
            continue
        teacher = models.efficient(attention)
        for name, objective in scale.objective.items():
            wanted = name in (scale.beyond_objectives or scale.objective)
            if objective.control or name == scale.recipe or not wanted:
                continue
            rows.append(
                runs.row(
                    f"{attention}.{name}",
                    f"  {row.title}'s student, {objective.title}",
                    BEYOND,
                    models.student(teacher, name, attention=attention),
                    tasks,
                    teachers=(attention,),
                )
            )
        student = models.student(teacher, scale.recipe)
        distilled = {
            task: runs.task_distilled(teacher, student, task) for task in tasks if task in NER
        }
        rows.append(
            Row(
                name=f"{attention}.task",
                title=f"  {row.title}'s student, then of its answers",
                block=BEYOND,
                runs=distilled,
                teachers=(attention,),
                more=tokens_of(scale.task_distillation),
            )
        )
        if not row.model and not row.from_scratch:
            first = models.student(models.full(), scale.recipe)
            rows.append(
                runs.row(
                    f"{attention}.first",
                    f"  RoBERTa's student, then {row.title}",
                    BEYOND,
                    models.converted(first, attention),
                    tasks,
                    teachers=(attention,),
                    more=tokens_of(scale.continuation),
                )
            )
    full_long = models.full_long()
    rows.append(runs.row("full-long", "Full attention, extended", BEYOND, full_long, tasks))
    rows.append(
        runs.row("windows", "RoBERTa, in windows", BEYOND, models.full(), tasks, windows=True)
    )
    if not scale.teacher:
        controls.append(_shallow(runs, tasks))
    return rows + controls


def _controls(runs: Runs, tasks: Mapping[str, TaskRow]) -> list[Row]:
    scale, models = runs.scale, runs.models
    attention = scale.studied
    title = scale.attention[attention].title
    teacher = models.efficient(attention)
    return [
        runs.row(
            f"{attention}.{name}",
            f"  {title}'s half, {objective.title}",
            CONTROLS,
            models.student(teacher, name),
            tasks,
            teachers=(attention,),
            control=True,
            against=f"{attention}.{objective.against}" if objective.against else "",
            more=tokens_of(scale.task_distillation) if objective.more else 0,
        )
        for name, objective in scale.objective.items()
        if objective.control
    ]


def _shallow(runs: Runs, tasks: Mapping[str, TaskRow]) -> Row:
    scale, models = runs.scale, runs.models
    attention = scale.studied
    return runs.row(
        "shallow",
        f"  half depth from scratch, then {scale.attention[attention].title}",
        CONTROLS,
        models.converted(models.shallow(), attention),
        tasks,
        teachers=(attention,),
        control=True,
    )
