"""Which rows and columns each table has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gonerd_baselines.reproduction.bench_tables import COST_ROWS
from gonerd_baselines.reproduction.columns import (
    GLUE_TASKS,
    average_columns,
    glue_columns,
    ner_columns,
    qa_columns,
    summary_columns,
)
from gonerd_baselines.reproduction.models import MissingTextsError
from gonerd_baselines.reproduction.plan import Plan
from gonerd_baselines.reproduction.row_groups import rows_beyond, rows_of_paper
from gonerd_baselines.reproduction.rows import Column, Row, TableSpec
from gonerd_baselines.reproduction.runs import NER, QA, Runs
from gonerd_baselines.reproduction.scale import TaskRow

__all__ = ["TABLES", "planned"]


def planned(runs: Runs, names: Sequence[str]) -> tuple[Plan, list[TableSpec], dict[str, str]]:
    """The steps of these tables, the tables, and by name why one of them can't be.

    Raises:
        ConfigError: two steps clash.
    """
    made: list[TableSpec] = []
    missing: dict[str, str] = {}
    for name in names:
        try:
            table = TABLES[name](runs)
        except MissingTextsError as problem:
            missing[name] = str(problem)
            continue
        if table.bench or table.columns:
            made.append(table)
        else:
            missing[name] = f"no data for any of its tasks; name some with --data {_example(name)}"
    wanted = {table.name: table.steps for table in made}
    plan = Plan(runs.models.steps.values(), wanted)
    needed = {name for names in wanted.values() for name in names}
    needed |= plan.before(*needed)
    return Plan([step for step in plan.steps if step.name in needed], wanted), made, missing


def _table2(runs: Runs) -> TableSpec:
    return TableSpec(
        name="table2",
        title="Seconds and memory of inference",
        paper="table2",
        bench=runs.bench("bench"),
    )


def _table4(runs: Runs) -> TableSpec:
    return TableSpec(
        name="table4",
        title="Full attention at the length of the efficient ones",
        paper="table4",
        bench=runs.bench("bench"),
    )


def _table3(runs: Runs) -> TableSpec:
    tasks = runs.glue()
    columns = glue_columns(tasks)
    columns += average_columns(columns, flat_paper="average", task_paper="")
    return _scores(runs, "table3", "GLUE, validation", columns, tasks)


def _table5(runs: Runs) -> TableSpec:
    tasks = runs.there(QA)
    return _scores(runs, "table5", "Question answering", qa_columns(tasks), tasks)


def _table6(runs: Runs) -> TableSpec:
    tasks = runs.there(NER)
    beyond = runs.scale.beyond
    title = "Named entities, F1"
    return _scores(runs, "table6", title, ner_columns(tasks), tasks, beyond=beyond)


def _scores(
    runs: Runs,
    name: str,
    title: str,
    columns: Sequence[Column],
    tasks: Mapping[str, TaskRow],
    *,
    beyond: bool = False,
) -> TableSpec:
    if not tasks:
        return TableSpec(name=name, title=title)
    rows = rows_of_paper(runs, tasks)
    rows += rows_beyond(runs, tasks) if beyond else []
    return TableSpec(name=name, title=title, columns=tuple(columns), rows=tuple(rows), paper=name)


def _table7(runs: Runs) -> TableSpec:
    wanted = ("glue", "squad", "conll2003", "hotpotqa", "triviaqa", "gonerd")
    columns, tasks = _summary(runs, wanted)
    title = "What converting and distilling change"
    if not tasks:
        return TableSpec(name="table7", title=title)
    models, scale = runs.models, runs.scale
    full, long = models.full(), models.efficient(scale.studied)
    steps = (
        ("full", "RoBERTa", full, "RoBERTa", ()),
        ("kd", "KD", models.student(full, scale.recipe), "KD", ("full",)),
        (
            "convert",
            f"Convert ({scale.attention[scale.studied].title})",
            long,
            "Convert",
            ("full",),
        ),
        ("both", "Convert and KD", models.student(long, scale.recipe), "Both", ("full", "convert")),
    )
    rows = []
    for name, row_title, model, paper, bases in steps:
        rows.append(runs.row(name, row_title, "", model, tasks, paper=paper, teachers=bases))
    return TableSpec(
        name="table7",
        title=title,
        columns=tuple(columns),
        rows=tuple(rows),
        paper="table7",
        costs=runs.bench("bench") if runs.times(COST_ROWS) else "",
        notes=(
            "Shares are of RoBERTa, and of the converted model on long documents, which RoBERTa can't read.",
        ),
    )


def _summary(runs: Runs, wanted: Sequence[str]) -> tuple[list[Column], dict[str, TaskRow]]:
    names = [name for task in wanted for name in (GLUE_TASKS if task == "glue" else (task,))]
    tasks = runs.there(names)
    return summary_columns(tasks, wanted), tasks


def _mixture_rows(runs: Runs, tasks: Mapping[str, TaskRow]) -> list[Row]:
    teacher = runs.models.efficient(runs.scale.studied)
    rows = [runs.row("teacher", "the teacher", "", teacher, tasks)]
    for name, mixture in runs.scale.mixtures.items():
        student = runs.models.student(teacher, runs.scale.recipe, mixture=name)
        rows.append(
            runs.row(
                name, mixture.title, "", student, tasks, paper=mixture.paper, teachers=("teacher",)
            )
        )
    return rows


def _table8(runs: Runs) -> TableSpec:
    columns, tasks = _summary(runs, ("glue", "squad", "hotpotqa", "conll2003", "gonerd"))
    title = f"{runs.scale.attention[runs.scale.studied].title}'s student by its texts"
    if not tasks:
        return TableSpec(name="table8", title=title)
    rows = _mixture_rows(runs, tasks)
    return TableSpec(
        name="table8", title=title, columns=tuple(columns), rows=tuple(rows), paper="table8"
    )


def _table11(runs: Runs) -> TableSpec:
    tasks = runs.glue()
    title = f"GLUE of {runs.scale.attention[runs.scale.studied].title}'s student by its texts"
    if not tasks:
        return TableSpec(name="table11", title=title)
    columns = glue_columns(tasks)
    columns += average_columns(columns, flat_paper="", task_paper="average")
    rows = _mixture_rows(runs, tasks)
    return TableSpec(
        name="table11", title=title, columns=tuple(columns), rows=tuple(rows), paper="table11"
    )


def _companion(runs: Runs) -> TableSpec:
    title = "Objectives by student and language, after arXiv 2310.08797"
    columns, tasks = _summary(runs, ("glue", "conll2003", "gonerd"))
    if not tasks:
        return TableSpec(name="companion", title=title)
    scale, models = runs.scale, runs.models
    rows = []
    for language, told in scale.companion_languages.items():
        teacher = models.language(language)
        rows.append(
            runs.row(language, f"{told.title}: teacher", told.title, teacher, tasks, windows=True)
        )
        for shape in scale.companion_shapes.values():
            for name in scale.companion_objectives:
                objective = scale.objective[name]
                student = models.student(teacher, name, shape=shape, roles=told.roles)
                rows.append(
                    runs.row(
                        f"{language}.{shape.layers}x{shape.hidden_size}.{name}",
                        f"  {shape.title} ({shape.layers} x {shape.hidden_size}), {objective.title}",
                        told.title,
                        student,
                        tasks,
                        teachers=(language,),
                        control=objective.control,
                        windows=True,
                    )
                )
    return TableSpec(name="companion", title=title, columns=tuple(columns), rows=tuple(rows))


TABLES: Mapping[str, Callable[[Runs], TableSpec]] = {
    "table2": _table2,
    "table3": _table3,
    "table4": _table4,
    "table5": _table5,
    "table6": _table6,
    "table7": _table7,
    "table8": _table8,
    "table11": _table11,
    "companion": _companion,
}
"""By name, in the paper's order."""


def _example(table: str) -> str:
    return {"table3": "glue/rte=RTE", "table5": "squad=squad", "table11": "glue/rte=RTE"}.get(
        table, "gonerd=DATASET"
    )
