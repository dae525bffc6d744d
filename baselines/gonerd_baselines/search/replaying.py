"""The schedule that a search found, as one training: of the same model again, or of another."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError, OutputError
from gonerd.files import read_json, require_folder_to_write, write_json
from gonerd_baselines.configuration import config_from_values, with_settings
from gonerd_baselines.search.slices import FREE
from gonerd_baselines.search.space import SECTION_OF, with_hyperparameters
from gonerd_baselines.tasks.catalogue import open_task
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS
from gonerd_baselines.tasks.task import Task
from gonerd_baselines.tasks.task_training import task_training
from gonerd_baselines.training.trainer import LOG

__all__ = ["replay_named", "replay_task"]


def replay_named(
    name: str,
    start: str,
    out: Path,
    *,
    record: Path,
    data: str | None = None,
    settings: Sequence[str] = (),
    overwrite: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """`replay_task` as the command has it.

    Args:
        name: one of `TASKS`; that of the search, or one of the same kind.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        record: the search.json of a search.
        data: a folder, a file or an id on the Hub; None for the task's own default.
        settings: `key=value` each, put into the search's recipe.
        overwrite: replace `out`, and begin anew.
        options: others of `replay_task`.

    Raises:
        InputError: `record` is none of a search.
        ConfigError: there is no such task, or a setting makes no sense.
    """
    read = [place for place in (start, data) if place is not None and Path(place).exists()]
    require_folder_to_write(out, overwrite=overwrite, inputs=[*read, record])
    found = read_json(record)
    task = open_task(name, data=data)
    try:
        recipe = {
            section: config_from_values(
                type(base), found["recipe"].get(section, {}), where=f"{record} [{section}]"
            )
            for section, base in {**FINETUNE_SECTIONS, **task.sections}.items()
        }
        schedule = [dict(each["hyperparameters"]) for each in found["winner"]["schedule"]]
        every = int(found["search"]["perturb_every"])
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{record} is no record of a finished search") from None
    return replay_task(
        task,
        start,
        out,
        recipe=with_settings(recipe, settings, fixed=tuple(schedule[0])),
        schedule=schedule,
        every=every,
        overwrite=overwrite,
        **options,
    )


def replay_task(
    task: Task,
    start: str,
    out: Path,
    *,
    recipe: Mapping[str, Any],
    schedule: Sequence[Mapping[str, float]],
    every: int,
    attention_backend: str = "auto",
    device: str = "cpu",
    tensorboard: Path | None = None,
    overwrite: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Fine-tune with the hyperparameters of each slice in turn, write `out` as `finetune_task` does.

    The same checkpoint, data and recipe come to the search's own weights. An interrupted call goes on.

    Args:
        task: what is learned.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        recipe: as of `finetune_task`.
        schedule: hyperparameters by slice.
        every: evaluations of a slice.
        attention_backend: see `attention.backend`.
        device: cpu, cuda, ...
        tensorboard: a folder for its files.
        overwrite: replace `out`, and begin anew.
        note: told what happened.

    Raises:
        ConfigError: the recipe or the schedule makes no sense for this task or model.
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        CheckError: the loss is not finite.
    """
    require_folder_to_write(
        out, overwrite=overwrite, inputs=[start] if Path(start).exists() else []
    )
    unknown = sorted({key for each in schedule for key in each if key not in SECTION_OF})
    if unknown or not schedule:
        raise ConfigError(
            f"the schedule has {', '.join(unknown) or 'no slice'}; expected {', '.join(SECTION_OF)}"
        )
    work = out.with_name(f"{out.name}.unfinished")
    _require_same_schedule(work, schedule, overwrite=overwrite)
    encoded = None
    for number, values in enumerate(schedule):
        tuned = task_training(
            task,
            start,
            recipe=with_hyperparameters(recipe, values),
            attention_backend=attention_backend,
            device=device,
            encoded=encoded,
        )
        encoded = tuned.encoded
        trainer = tuned.trainer(
            work,
            changeable=FREE,
            tensorboard=tensorboard,
            overwrite=overwrite and number == 0,
            note=note,
        )
        said = ", ".join(f"{key} {value:.3g}" for key, value in values.items())
        note(f"slice {number + 1} of {len(schedule)}: {said}")
        last = number + 1 == len(schedule)
        report = trainer.run(evaluations=None if last else (number + 1) * every)
    record = {
        **tuned.record(report),
        "schedule": [{**dict(values), "evaluations": every} for values in schedule],
    }
    if trainer.first:
        tuned.write(out, record, log=work / LOG, overwrite=overwrite)
        shutil.rmtree(work)
    return record


def _require_same_schedule(
    work: Path, schedule: Sequence[Mapping[str, float]], *, overwrite: bool
) -> None:
    asked, path = [dict(values) for values in schedule], work / "schedule.json"
    if path.is_file() and not overwrite and read_json(path) != asked:
        raise OutputError(
            f"{work} holds an unfinished training with another schedule; ask for the same to go on with it, "
            "or --force to begin anew"
        )
    write_json(path, asked, overwrite=True)
