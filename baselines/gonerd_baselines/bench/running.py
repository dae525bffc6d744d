"""All cells of a benchmark one after another, kept as they come, and gone on with after an interruption."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.errors import CheckError, OutputError
from gonerd.files import read_json, write_json
from gonerd.machine import environment, hardware
from gonerd_baselines.bench.checked import checks_of, wrong_checks
from gonerd_baselines.bench.checking import KINDS
from gonerd_baselines.bench.configuration import Configuration
from gonerd_baselines.bench.device import usual_of
from gonerd_baselines.bench.process import Workers, workers
from gonerd_baselines.bench.task import Task

__all__ = ["RESULT", "run_benchmark"]

RESULT = "bench.json"

Note = Callable[[str], None]


def run_benchmark(
    configuration: Configuration,
    *,
    out: Path | None = None,
    force: bool = False,
    check_first: bool = False,
    stop_after: float | None = None,
    command: Sequence[str] = (),
    note: Note = lambda _: None,
) -> dict[str, Any]:
    """The result: configuration, machine, peaks, parameters and cells.

    Args:
        configuration: what to time.
        out: a folder whose `bench.json` is written after each cell; cells that it holds are not run again.
        force: begin anew where it holds another configuration's.
        check_first: compare what is to be timed of ours with dense attention before anything is.
        stop_after: seconds after which no cell is begun any more.
        command: what was typed, for the result.
        note: told of every cell.

    Cells of ours whose pattern fails its check are not timed, and say so; `require_right` tells of them.

    Raises:
        OutputError: `out` holds something else, or another configuration's cells.
        CheckError: the device does not work.
    """
    ends = None if stop_after is None else time.monotonic() + stop_after
    result = _begun(configuration, out, force=force, command=command)
    with workers(configuration.device) as processes:
        if check_first and "checks" not in result:
            note(f"checking attention on {configuration.device}")
            result["checks"] = _checks(configuration, processes, note)
            _keep(result, out)
        _prepare(result, configuration, processes, out)
        _run_cells(result, configuration, processes, out, note, ends)
    return result


def _checks(configuration: Configuration, processes: Workers, note: Note) -> list[dict[str, Any]]:
    """Of the patterns that our encoder is to compute."""
    ways = [task.way for task in configuration.tasks() if task.implementation == "ours"]
    kinds = {way.attention for way in ways if not way.reason}
    return checks_of(
        configuration.device,
        configuration.attention_backend,
        processes,
        kinds=[kind for kind in KINDS if kind in kinds],
        dtypes=configuration.dtypes,
        as_timed=True,
        note=note,
    )


def _begun(
    configuration: Configuration, out: Path | None, *, force: bool, command: Sequence[str]
) -> dict[str, Any]:
    """The result so far, or a new one."""
    asked = configuration.as_json() | {"hardware": hardware(configuration.device)}
    new = {
        "what": "gonerd bench",
        "command": list(command),
        "configuration": asked,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": environment(),
        "cells": [],
    }
    if out is None:
        return new
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file, the name of a folder was expected")
    file = out / RESULT
    if not file.exists():
        if out.is_dir() and any(out.iterdir()):
            raise OutputError(f"{out} holds no {RESULT} but other files; give another folder")
        return new
    old: dict[str, Any] = read_json(file)
    if force:
        return new
    before = old.get("configuration", {})
    # Through JSON, where tuples are lists.
    now = {key: list(value) if isinstance(value, tuple) else value for key, value in asked.items()}
    differing = [key for key in now if before.get(key) != now[key]]
    versions = old.get("machine", {}).get("packages", {})
    differing += [
        name
        for name in ("torch", "transformers", "gonerd")
        if versions.get(name) != new["machine"]["packages"].get(name)  # type: ignore[index]  # a dict
    ]
    if differing:
        raise OutputError(
            f"{file} was measured with another {', '.join(differing)}; "
            "give another folder, or --force to begin anew"
        )
    return old


def _keep(result: Mapping[str, Any], out: Path | None) -> None:
    if out is not None:
        write_json(out / RESULT, result, overwrite=True)


def _prepare(
    result: dict[str, Any], configuration: Configuration, processes: Workers, out: Path | None
) -> None:
    """Parameters of the rows, and the device's peaks."""
    if "parameters" in result:
        return
    order = {
        "what": "prepare",
        "rows": [row.as_json() for row in configuration.rows],
        "device": configuration.device,
        "dtypes": configuration.dtypes,
    }
    found = processes.do(order, seconds=usual_of(configuration.device).longest)
    if found["status"] != "done":
        raise CheckError(f"nothing can be timed on {configuration.device}: {found['error']}")
    result |= {"parameters": found["parameters"], "peaks": found["peaks"]}
    _keep(result, out)


def _run_cells(
    result: dict[str, Any],
    configuration: Configuration,
    processes: Workers,
    out: Path | None,
    note: Note,
    ends: float | None,
) -> None:
    tasks = list(configuration.tasks())
    cells: list[dict[str, Any]] = result["cells"]
    done = {_key(cell) for cell in cells}
    by_work = {task.work_key: cell for task in tasks for cell in cells if _key(cell) == task.key}
    waiting = [task for task in tasks if task.key not in done]
    wrong = {
        each["pattern"].partition(",")[0]: each["said"]
        for each in wrong_checks(result.get("checks", []))
    }
    began = time.monotonic()
    for ran, task in enumerate(waiting, start=1):
        if ends is not None and time.monotonic() >= ends:
            rest = len(waiting) - ran + 1
            note(f"time is up; the same command goes on with the {rest} cells that are left")
            break
        cell = _cell(task, processes, by_work, wrong)
        by_work.setdefault(task.work_key, cell)
        cells.append(cell)
        _keep(result, out)
        left = (time.monotonic() - began) / ran * (len(waiting) - ran)
        note(f"[{len(done) + ran} of {len(tasks)}] {_said(cell)}; about {_clock(left)} left")


def _cell(
    task: Task,
    processes: Workers,
    by_work: Mapping[tuple[Any, ...], dict[str, Any]],
    wrong: Mapping[str, str],
) -> dict[str, Any]:
    named = task.named()
    if task.way.reason:
        return named | {"status": "none", "error": task.way.reason}
    if task.implementation == "ours" and task.way.attention in wrong:
        said = f"not timed, as its attention failed its check: {wrong[task.way.attention]}"
        return named | {"status": "error", "error": said}
    same = by_work.get(task.work_key)
    if same is not None:
        twin = {key: value for key, value in same.items() if key not in named}
        return named | twin | {"same_as": same["implementation"]}
    order = {
        "what": "cell",
        "task": task.as_json(),
        "memory_limit_mib": task.memory_limit_mib,
    }
    return named | processes.do(order, seconds=usual_of(task.device).longest)


def _key(cell: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        str(cell[name])
        for name in ("row", "implementation", "length", "dtype", "head", "arrangement")
    )


def _said(cell: Mapping[str, Any]) -> str:
    where = (
        f"{cell['row']} {cell['implementation']} {cell['length']} {cell['dtype']} {cell['head']}"
    )
    if cell["arrangement"] != "uniform":
        where += f" {cell['arrangement']}"
    if cell["status"] != "done":
        return f"{where}: {cell['status']} ({cell['error']})"
    seconds, memory = cell["seconds"], cell["memory"]
    held = memory.get("allocated", memory.get("beside_libraries"))
    spread = f"{1000 * seconds['least']:,.1f} to {1000 * seconds['most']:,.1f}"
    return f"{where}: {1000 * seconds['median']:,.1f} ms ({spread}), {held:,} MiB"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
