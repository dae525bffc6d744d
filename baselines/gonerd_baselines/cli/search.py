"""`gonerd search`: hyperparameters of a fine-tuning by population-based training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from gonerd.console import counted, note, print_json, print_text
from gonerd.errors import ConfigError
from gonerd.options import dataset_option
from gonerd_baselines.cli.training_options import training_options

__all__ = ["search"]

NER = "ner"


@click.command()
@click.option(
    "--task",
    default=NER,
    show_default=True,
    help="As of `gonerd finetune`: ner, glue/cola, squad, ...",
)
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    required=True,
    help="A checkpoint's folder or Hub id, with which all members begin.",
)
@dataset_option
@click.option(
    "--data",
    metavar="PATH|ID",
    help="Data of a task other than ner: a folder or file in the original format, or a Hub id.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder to write: the best model, and search.json.",
)
@click.option(
    "--population",
    type=int,
    default=4,
    show_default=True,
    help="Members, each a whole training.",
)
@click.option(
    "--space",
    metavar="NAME|FILE",
    help="The ranges, a TOML table for each hyperparameter.  [default: finetune, without --set-range]",
)
@click.option(
    "--set-range",
    "ranges",
    multiple=True,
    metavar="KEY=RANGE",
    help="A range, as `learning_rate=1e-5..5e-4:log` or `clip=0.5,1,2`; may be repeated.",
)
@click.option(
    "--perturb-every",
    type=int,
    default=1,
    show_default=True,
    help="Evaluations from one turn to the next: of passes, or of the recipe's evaluate_steps.",
)
@click.option(
    "--quantile",
    type=float,
    default=0.25,
    show_default=True,
    help="Share of the members that copies at a turn, and share that is copied.",
)
@click.option(
    "--resample",
    type=float,
    default=0.25,
    show_default=True,
    help="How often a copied hyperparameter is drawn anew, not multiplied by 0.8 or 1.2.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="Passes over the training split.  [default: the recipe's]",
)
@click.option(
    "--max-len",
    type=click.IntRange(1),
    help="Tokens of an example at most.  [default: the recipe's, or what the model reads]",
)
@click.option(
    "--seed", type=int, help="Draws, new weights, order, dropout.  [default: the recipe's, or 0]"
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Members that train at once, the others in turns.  [default: as many as cores, or as GPUs take]",
)
@click.option(
    "--gpus-per-trial",
    type=click.FloatRange(0, min_open=True),
    help="GPUs of a member with --device cuda; 0.5 is two members on each.  [default: 1]",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Search nothing, but train once by the winner's schedule in a search.json; --from, --task and data "
    "may be others.",
)
@training_options
def search(
    task: str,
    start: str,
    dataset: str | None,
    data: str | None,
    out: Path,
    population: int,
    space: str | None,
    ranges: tuple[str, ...],
    perturb_every: int,
    quantile: float,
    resample: float,
    recipe: str | None,
    settings: tuple[str, ...],
    epochs: int | None,
    max_len: int | None,
    seed: int | None,
    processes: int | None,
    gpus_per_trial: float | None,
    replay: Path | None,
    as_json: bool,
    force: bool,
    **others: Any,
) -> None:
    """Search hyperparameters of a fine-tuning by population-based training (Ray Tune).

    Members train side by side from the same weights. At each turn the worst copy weights, optimiser and
    hyperparameters of the best, and change what they copied. The best model is written as by `gonerd
    finetune`, with every member's history beside it. An interrupted search goes on when the same command
    runs again.

    \b
    Examples:
      gonerd search --task ner --from roberta-base --dataset gonerd --out searched --device cuda
      gonerd search --task glue/rte --from roberta-base --population 8 --out rte --set-range dropout=0..0.3
      gonerd search --from models/longformer --dataset data/mine --space mine.toml --out best
      gonerd search --from models/student --dataset data/mine --replay best/search.json --out student
    """
    if replay is not None:
        _refuse_with_replay()
    if task == NER:
        from gonerd.dataset import dataset_or_default

        if data is not None:
            raise ConfigError("--data is for tasks other than ner, which takes --dataset")
        data = dataset_or_default(dataset)
    elif dataset is not None:
        raise ConfigError(f"--dataset is for ner; {task} takes --data")
    given: dict[str, Any] = {
        "training.epochs": epochs,
        "task.max_len": max_len,
        "training.seed": seed,
    }
    if epochs is not None:  # instead of a recipe's other length
        given = {"training.steps": "none", "training.tokens": "none", **given}
    given_settings = [f"{key}={value}" for key, value in given.items() if value is not None]
    common = {
        "data": data,
        "settings": [*given_settings, *settings],
        "overwrite": force,
        "note": note,
        **others,
    }
    if replay is not None:
        from gonerd_baselines.search.replaying import replay_named

        record = replay_named(task, start, out, record=replay, **common)
        if record["metrics"]:  # of several processes the first evaluates and writes
            _say_replay(out, record, as_json=as_json)
        return
    from gonerd_baselines.search.config import SearchConfig
    from gonerd_baselines.search.searching import search_named

    record = search_named(
        task,
        start,
        out,
        recipe=recipe,
        space=space,
        ranges=ranges,
        config=SearchConfig(
            population=population,
            perturb_every=perturb_every,
            quantile=quantile,
            resample=resample,
        ),
        processes=processes,
        gpus_per_trial=gpus_per_trial,
        **common,
    )
    if as_json:
        print_json(record)
        return
    winner = record["winner"]
    last = winner["schedule"][-1]["hyperparameters"]
    print_text(
        f"{out}: {_metrics(record)} (member {winner['member']} of {population}, step "
        f"{winner['best']['step']:,}, {counted(len(record['exploits']), 'exploit step')} in all; at the end "
        f"{', '.join(f'{key} {value:.3g}' for key, value in last.items())})"
    )


_OF_SEARCH = (
    *("population", "space", "ranges", "perturb_every", "quantile", "resample"),
    *("recipe", "epochs", "processes", "gpus_per_trial"),
)


def _refuse_with_replay() -> None:
    context = click.get_current_context()
    for name in _OF_SEARCH:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = "set-range" if name == "ranges" else name.replace("_", "-")
            raise ConfigError(f"--{option} is for a search, not --replay, which has its own")


def _say_replay(out: Path, record: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(record)
        return
    trained = record["training"]
    print_text(
        f"{out}: {_metrics(record)} (step {trained['best']['step']:,} of {trained['steps']:,}, "
        f"{counted(len(record['schedule']), 'slice')}, {trained['seconds']:.0f} s)"
    )


def _metrics(record: dict[str, Any]) -> str:
    return "; ".join(
        f"{split} {', '.join(f'{name} {value:.4f}' for name, value in metrics.items())}"
        for split, metrics in record["metrics"].items()
    )
