"""`gonerd reproduce TABLE` as a function: plan, run, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError
from gonerd.machine import environment, hardware
from gonerd_baselines.configuration import config_from_values, value_from_text
from gonerd_baselines.reproduction.kinds import KINDS
from gonerd_baselines.reproduction.measuring import scores_of_step
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.plan import Plan
from gonerd_baselines.reproduction.record import table_record
from gonerd_baselines.reproduction.rows import TableSpec
from gonerd_baselines.reproduction.running import Outcome, run_plan
from gonerd_baselines.reproduction.runs import Runs
from gonerd_baselines.reproduction.scale import Scale, Shape, scale_named
from gonerd_baselines.reproduction.tables import TABLES, planned
from gonerd_baselines.reproduction.writing import write_bench_table, write_table

__all__ = ["ALL", "Reproduction", "plan_reproduction", "run_reproduction"]

ALL = "all"

SETTABLE = (
    *("tokenizer", "pretraining", "continuation", "distillation", "task_distillation"),
    *("finetuning", "bench"),
)
"""The scale's tables whose keys are settings of commands."""

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A plan, and the tables that it is for."""

    scale: Scale
    plan: Plan
    tables: tuple[TableSpec, ...]
    device: str
    places: Mapping[str, str]
    """By task, its data."""
    titles: Mapping[str, str]
    """By task, what tables call it."""
    settings: tuple[str, ...]
    """What was set beside the scale."""
    missing: Mapping[str, str]
    """Tables that were asked for by `all` and can't be, and why."""

    def prepared_alone(self) -> Reproduction:
        """Without what computes with a model: what is left reads texts and data, and needs no device."""
        steps = [step for step in self.plan.steps if KINDS[step.kind].prepares]
        return replace(self, plan=Plan(steps, {}), tables=())


def plan_reproduction(
    names: Sequence[str],
    *,
    scale: str,
    texts: Mapping[str, Sequence[str]] | None = None,
    data: Mapping[str, str] | None = None,
    device: str | None = None,
    settings: Sequence[str] = (),
) -> Reproduction:
    """What is to be run for tables, `all` among them; nothing is read, every setting is checked.

    Args:
        names: of TABLES, or ALL.
        scale: its name, or a TOML file.
        texts: places of texts by role.
        data: places of data by task.
        device: another than the scale's.
        settings: `key=value` of the scale's own keys: seeds, beyond, studied, ...

    Raises:
        ConfigError: a table, role, task or setting is unknown, or a table has no data.
    """
    wanted = list(TABLES) if ALL in names else list(dict.fromkeys(names))
    for name in wanted:
        if name not in TABLES:
            raise ConfigError(f"no table {name!r}; expected one of {', '.join(TABLES)}, {ALL}")
    chosen = _with_settings(scale_named(scale), settings)
    runs = Runs(chosen, texts=texts, data=data, device=device)
    plan, tables, missing = planned(runs, wanted)
    if missing and (ALL not in names or not tables):
        name, why = next(iter(missing.items()))
        raise ConfigError(f"{name} at scale {chosen.name}: {why}")
    for step in plan.steps:
        try:
            KINDS[step.kind].recipe(step.settings)
        except ConfigError as problem:
            raise ConfigError(f"scale {chosen.name}, step {step.name}: {problem}") from None
    return Reproduction(
        scale=chosen,
        plan=plan,
        tables=tuple(tables),
        device=runs.device,
        places={name: place for name, place in runs.places.items() if place},
        titles=runs.titles,
        settings=tuple(settings),
        missing=missing,
    )


def run_reproduction(
    reproduction: Reproduction,
    out: Path,
    *,
    launch: str | None = None,
    jobs: int = 1,
    force: bool = False,
    stop_after: float | None = None,
    note: Note = lambda _: None,
) -> tuple[Outcome, list[Path]]:
    """Run what is not done yet, write every table with what there is, and say what became of the steps.

    Raises:
        OutputError: a step has changed since it was made, or another run works in `out`.
    """
    outcome = run_plan(
        reproduction.plan,
        out,
        KINDS,
        device=reproduction.device,
        launch=launch,
        jobs=jobs,
        force=force,
        stop_after=stop_after,
        note=note,
    )
    return outcome, write_tables(reproduction, out, outcome, note=note)


def write_tables(
    reproduction: Reproduction, out: Path, outcome: Outcome, *, note: Note
) -> list[Path]:
    """Every table with the results that there are; a benchmark's only where it was made."""
    places = Places(out)
    why = outcome.failed | {name: f"{cause} failed" for name, cause in outcome.stopped.items()}
    written: list[Path] = []
    for table in reproduction.tables:
        folder = places.tables / table.name
        said = _said(reproduction, table)
        if table.bench:
            if table.bench in outcome.results:
                bench = places.out(table.bench)
                written += write_bench_table(table.name, bench, said, folder, note=note)
            continue
        scores = {
            name: scores_of_step(reproduction.plan[name], places)
            for name in table.steps
            if name in outcome.results
        }
        record = table_record(table, scores, said=said, why=why)
        costs = places.out(table.costs) if table.costs in outcome.results else None
        written += write_table(record, folder, bench=costs, note=note)
    return written


def _said(reproduction: Reproduction, table: TableSpec) -> dict[str, Any]:
    """What a table says of where it comes from; names of places without their folders."""
    scale = reproduction.scale
    tasks = dict.fromkeys(column.task for column in table.columns if column.task)
    return {
        "scale": {
            "name": scale.name,
            "title": scale.title,
            "set": list(reproduction.settings),
            "teacher": f"{scale.shape.layers} layers of {scale.shape.hidden_size}",
            "from_scratch": not scale.teacher,
            "seeds": list(scale.seeds),
        },
        "hardware": hardware(reproduction.device),
        "machine": environment(),
        "data": {reproduction.titles[task]: Path(reproduction.places[task]).name for task in tasks},
    }


def _with_settings(scale: Scale, settings: Sequence[str]) -> Scale:
    """Keys of the scale itself, and of its tables as `distillation.tokens=1000` or `shape.layers=2`."""
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting!r}: expected key=value")
        table, dot, key = name.partition(".")
        where = f"--set {setting}"
        value: Any = value_from_text(text)
        if dot:
            held = getattr(scale, table, None)
            if isinstance(held, Shape):
                value = config_from_values(Shape, {key: value}, where=where, base=held)
            elif isinstance(held, dict) and table in SETTABLE:
                value = {**held, key: value}
            else:
                raise ConfigError(f"{where}: the scale has no table {table!r} of settings")
        elif isinstance(getattr(scale, table, None), Shape):
            raise ConfigError(f"{where}: expected one of its keys, as {table}.layers=2")
        scale = config_from_values(Scale, {table: value}, where=where, base=scale)
    return scale
