"""`gonerd search` as a function: a checkpoint, a task and a space to the best model of a population."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from gonerd.errors import CheckError, ConfigError, OutputError
from gonerd.files import only_run_in, read_json, require_folder_to_write, write_json
from gonerd.machine import environment
from gonerd_baselines.configuration import values_from_config
from gonerd_baselines.search.config import SearchConfig, slices_of
from gonerd_baselines.search.ledger import Ledger
from gonerd_baselines.search.ray_session import ray_session, require_ray
from gonerd_baselines.search.record import search_record, winner_of
from gonerd_baselines.search.slices import FREE, slice_folder
from gonerd_baselines.search.space import Range, read_space, starts, with_hyperparameters
from gonerd_baselines.tasks.catalogue import open_task, own_recipe
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS
from gonerd_baselines.tasks.task import DEVELOPMENT, Task
from gonerd_baselines.tasks.task_training import TaskTraining, task_training
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.recipe import read_recipe
from gonerd_baselines.training.trainer import LOG

__all__ = ["SEARCH", "search_named", "search_task"]

SEARCH, BOOK, TUNE = "search.json", "population.jsonl", "ray"
DEFAULT_SPACE = "finetune"


def search_named(
    name: str,
    start: str,
    out: Path,
    *,
    data: str | None = None,
    recipe: str | None = None,
    settings: Sequence[str] = (),
    space: str | None = None,
    ranges: Sequence[str] = (),
    overwrite: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """`search_task` as the command has it: a task by its name, recipe and space by name or file.

    Args:
        name: one of `TASKS`.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        data: a folder, a file or an id on the Hub; None for the task's own default.
        recipe: one that ships for `gonerd finetune`, or a TOML file; None for the task's own.
        settings: `key=value` each, put into the recipe.
        space: one that ships for `gonerd search`, or a TOML file; None, without `ranges`, is DEFAULT_SPACE.
        ranges: `key=low..high[:log]` or `key=a,b,c` each.
        overwrite: replace `out`, and begin anew.
        options: others of `search_task`.

    Raises:
        ConfigError: there is no such task, recipe or space, or something in them makes no sense.
        InputError: a file of the task is missing, or is not as it should be.
    """
    read = [place for place in (start, data) if place is not None and Path(place).exists()]
    require_folder_to_write(out, overwrite=overwrite, inputs=read)
    made_space = read_space(space if space or ranges else DEFAULT_SPACE, ranges)
    task = open_task(name, data=data)
    sections = {**FINETUNE_SECTIONS, **task.sections}
    made = read_recipe("finetune", recipe or own_recipe(name), sections, settings)
    return search_task(
        task, start, out, recipe=made, space=made_space, overwrite=overwrite, **options
    )


def search_task(
    task: Task,
    start: str,
    out: Path,
    *,
    recipe: Mapping[str, Any],
    space: Mapping[str, Range],
    config: SearchConfig,
    attention_backend: str = "auto",
    device: str = "cpu",
    processes: int | None = None,
    gpus_per_trial: float | None = None,
    tensorboard: Path | None = None,
    overwrite: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Fine-tune a population, write its best model as the folder `out`, and return the search's record.

    All members begin with the same weights and see the same data in the same order; they differ in their
    hyperparameters alone. After each slice the worst copy the best and change what they copied. The model
    with the best evaluation that a member holds at the end is written as `finetune_task` writes one, with
    the record beside. What is unfinished lies in `out`.unfinished; the same call goes on from there.

    Args:
        task: what is learned.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        recipe: as of `finetune_task`; its patience is no use here.
        space: the range of each hyperparameter.
        config: the population and its turns.
        attention_backend: see `attention.backend`.
        device: cpu or cuda.
        processes: members that train at once; None for as many as there are cores or GPUs.
        gpus_per_trial: of a member, on cuda; a half is two members on a GPU.
        tensorboard: a folder for its files, in one for each member.
        overwrite: replace `out`, and begin anew.
        note: told what happened.

    Raises:
        ExtraError: Ray is not installed.
        ConfigError: the space or the recipe makes no sense for this task, or there are too few GPUs.
        OutputError: `out` exists, or an unfinished search of something else lies beside it.
        CheckError: no member's loss is finite, or a member's process is gone.
    """
    training: TrainingConfig = recipe["training"]
    slices = slices_of(training, config.perturb_every)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(
            "a search starts its processes itself; run it without accelerate launch or torchrun"
        )
    require_ray()
    require_folder_to_write(
        out, overwrite=overwrite, inputs=[start] if Path(start).exists() else []
    )
    at_once, gpus = _resources(device, config.population, processes, gpus_per_trial)
    made = {**recipe, "training": replace(training, patience=None)}
    first = starts(space, population=config.population, seed=training.seed)

    def opened(values: Mapping[str, float]) -> TaskTraining:
        return task_training(
            task,
            start,
            recipe=with_hyperparameters(made, values),
            attention_backend=attention_backend,
            device=device,
        )

    tuned = opened(first[0])
    asked = _asked(tuned, config, space, slices)
    work = out.with_name(f"{out.name}.unfinished")
    work.mkdir(parents=True, exist_ok=True)
    with only_run_in(work):
        _begin(work, asked, overwrite=overwrite)
        ledger = Ledger(work / BOOK, note=note)
        if ledger.slices:
            note(f"going on in slice {len(ledger.slices)} of {slices}, saved in {work}")
        else:
            ledger.open_slice([{"source": i, "hyperparameters": v} for i, v in enumerate(first)])
        if not _over(ledger, config.population, slices):
            with ray_session(processes=at_once, gpus=gpus, remember=work / "ray.txt"):
                _run(
                    ledger,
                    tuned=tuned,
                    start=start,
                    recipe=made,
                    space=space,
                    config=config,
                    work=work.absolute(),
                    slices=slices,
                    attention_backend=attention_backend,
                    device=device,
                    at_once=at_once,
                    gpus_per_trial=gpus_per_trial,
                    tensorboard=tensorboard,
                )
        best = winner_of(ledger, metric=task.metric)
        tuned = opened(ledger.begin_of(best, slices - 1)["hyperparameters"])
        folder = slice_folder(work, best, slices - 1)
        report = tuned.trainer(folder, changeable=FREE).run(evaluations=0)
        record = {**asked, **search_record(ledger, winner=best)}
        record["machine"] = environment()
        written = tuned.record(report)
        tuned.write(out, written, log=folder / LOG, beside={SEARCH: record}, overwrite=overwrite)
        record["metrics"] = written["metrics"]
    shutil.rmtree(work)
    return record


def _resources(
    device: str, population: int, processes: int | None, gpus_per_trial: float | None
) -> tuple[int, int]:
    """Members that train at once, and the GPUs of this machine that they share."""
    if not device.startswith("cuda"):
        if gpus_per_trial is not None:
            raise ConfigError("--gpus-per-trial is for --device cuda")
        return min(population, processes or os.cpu_count() or 1), 0
    if device != "cuda":
        raise ConfigError(
            f"device {device} names one GPU; a search shares them out itself, by cuda"
        )
    gpus = torch.cuda.device_count()
    share = gpus_per_trial or 1.0
    fit = int(gpus / share) if share <= 1 else gpus // int(share)
    if not fit:
        raise ConfigError(f"a member takes {share:g} GPUs, and this machine has {gpus}")
    return min(population, processes or fit, fit), gpus


def _asked(
    tuned: TaskTraining, config: SearchConfig, space: Mapping[str, Range], slices: int
) -> dict[str, Any]:
    """What the search is: only the same one goes on."""
    return {
        "schema_version": 1,
        "task": tuned.task.name,
        "metric": tuned.task.metric,
        "start": tuned.start(),
        "recipe": {
            section: {key: value for key, value in values.items() if key not in space}
            for section, values in tuned.recipe.items()
        },
        "search": values_from_config(config),
        "slices": slices,
        "space": {key: each.as_json() for key, each in space.items()},
        "data": {
            "train": tuned.encoded.train.fingerprint,
            DEVELOPMENT: tuned.encoded.held_out[DEVELOPMENT].fingerprint,
        },
    }


def _begin(work: Path, asked: Mapping[str, Any], *, overwrite: bool) -> None:
    """Leave in `work` what this very search has done there, and nothing else."""
    said = work / SEARCH
    if overwrite or not said.is_file():
        others = [path for path in work.iterdir() if path.name not in ("lock", "ray.txt")]
        if others and not overwrite:
            raise OutputError(
                f"{work} holds something unfinished that is no search; move it away, or --force to begin anew"
            )
        for path in others:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_json(said, asked)
        return
    begun = read_json(said)
    differing = [name for name in asked if asked[name] != begun.get(name)]
    if differing:
        raise OutputError(
            f"{work} holds an unfinished search with another {' and '.join(differing)}; ask for the same "
            "to go on with it, or --force to begin anew"
        )


def _over(ledger: Ledger, population: int, slices: int) -> bool:
    return all((slices - 1, member) in ledger.results for member in range(population))


def _run(
    ledger: Ledger,
    *,
    tuned: TaskTraining,
    start: str,
    recipe: Mapping[str, Any],
    space: Mapping[str, Range],
    config: SearchConfig,
    work: Path,
    slices: int,
    attention_backend: str,
    device: str,
    at_once: int,
    gpus_per_trial: float | None,
    tensorboard: Path | None,
) -> None:
    """Train to the end of the last slice."""
    from ray import tune

    from gonerd_baselines.search.member import Asked, Member
    from gonerd_baselines.search.population import Members, Population

    asked = Asked(
        task=tuned.task,
        encoded=tuned.encoded,
        start=str(Path(start).absolute()) if Path(start).exists() else start,
        recipe=recipe,
        space=tuple(space),
        work=work,
        evaluations=config.perturb_every,
        slices=slices,
        attention_backend=attention_backend,
        device=device,
        tensorboard=None if tensorboard is None else tensorboard.absolute(),
        threads=max(1, (os.cpu_count() or 1) // at_once),
    )
    shares = {"cpu": 1.0}
    if device == "cuda":
        shares["gpu"] = gpus_per_trial or 1.0
    shutil.rmtree(work / TUNE, ignore_errors=True)  # of a session that was killed
    population = Population(
        space,
        ledger,
        metric=tuned.task.metric,
        seed=recipe["training"].seed,
        quantile=config.quantile,
        resample=config.resample,
    )
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(Member, asked=asked), shares),
        param_space={"member": tune.grid_search(list(range(config.population)))},
        tune_config=tune.TuneConfig(
            scheduler=population,
            search_alg=Members(population),
            reuse_actors=True,
            trial_name_creator=_name_of,
            trial_dirname_creator=_name_of,
        ),
        run_config=tune.RunConfig(
            name=TUNE,
            storage_path=str(work),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=0, fail_fast=True),
        ),
    )
    found = tuner.fit()
    if found.errors:
        raise _problem(found.errors[0])
    if not _over(ledger, config.population, slices):
        raise CheckError(
            f"no member has a finite loss in slice {len(ledger.slices)} of {slices}; lower the ranges in the "
            "space, or give them a clip, and begin anew with --force"
        )


def _name_of(trial: Any) -> str:
    return f"member-{trial.config['member']:03d}"


def _problem(error: Exception) -> Exception:
    """What a user can cause goes up as itself; a process that is gone is one sentence."""
    from ray.exceptions import RayActorError, RayTaskError

    if isinstance(error, RayTaskError):
        return error.cause if isinstance(error.cause, Exception) else error
    if isinstance(error, RayActorError):
        return CheckError(
            "the process of a member is gone (killed, or out of memory); the same command goes on"
        )
    return error
