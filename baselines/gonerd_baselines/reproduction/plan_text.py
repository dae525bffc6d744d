"""A plan as it is read before it runs: steps, what they read, tokens, time, and their command lines."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

from gonerd.console import counted
from gonerd.dataset.table import Table, text_table
from gonerd_baselines.reproduction.kind import Job
from gonerd_baselines.reproduction.kinds import KINDS
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.reproducing import Reproduction
from gonerd_baselines.reproduction.step import Step

__all__ = ["plan_record", "plan_text"]


def plan_record(reproduction: Reproduction, out: Path) -> dict[str, Any]:
    """The plan for a program."""
    return {
        "scale": reproduction.scale.name,
        "title": reproduction.scale.title,
        "device": reproduction.device,
        "seconds": sum(_seconds(step, reproduction) for step in reproduction.plan.steps),
        "tables": {table.name: list(table.steps) for table in reproduction.tables},
        "left_out": dict(reproduction.missing),
        "steps": [
            {
                "name": step.name,
                **step.asked,
                "tokens": step.tokens,
                "operations": step.operations,
                "seconds": _seconds(step, reproduction),
                "tables": list(reproduction.plan.tables_of(step.name)),
                "command": _command(step, reproduction, out),
            }
            for step in reproduction.plan.steps
        ],
    }


def plan_text(reproduction: Reproduction, out: Path) -> str:
    """A table of steps, then the command lines that do the same by hand."""
    plan, scale = reproduction.plan, reproduction.scale
    rows = [
        (
            step.name,
            step.kind,
            f"{step.tokens:,}" if step.tokens else "-",
            f"{step.operations:.2g}" if step.operations else "-",
            _clock(_seconds(step, reproduction)) if step.operations else "-",
            " ".join(plan.tables_of(step.name)),
        )
        for step in plan.steps
    ]
    kinds = Counter(step.kind for step in plan.steps)
    total = sum(_seconds(step, reproduction) for step in plan.steps)
    notes = [
        f"{counted(len(plan.steps), 'step')}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}",
        f"Times are guesses by {scale.operations_a_second:.2g} operations a second on {reproduction.device}.",
        *(f"{name} is left out: {why}" for name, why in reproduction.missing.items()),
    ]
    table = Table(
        f"Scale {scale.name}: {scale.title}",
        (),
        ("step", "kind", "tokens", "operations", "time", "tables"),
        tuple(rows),
        ("all", "", f"{sum(s.tokens for s in plan.steps):,}", "", _clock(total), ""),
        notes=tuple(notes),
    )
    commands = [
        shlex.join(words) for step in plan.steps if (words := _command(step, reproduction, out))
    ]
    return "\n\n".join([text_table(table), "\n".join(["By hand:", *commands])])


def _command(step: Step, reproduction: Reproduction, out: Path) -> list[str]:
    places = Places(out)
    job = Job(
        step=step,
        out=places.out(step.name),
        inputs={role: places.out(name) for role, name in step.inputs.items()},
        device=reproduction.device,
    )
    return KINDS[step.kind].command(job)


def _seconds(step: Step, reproduction: Reproduction) -> float:
    return step.operations / reproduction.scale.operations_a_second


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
