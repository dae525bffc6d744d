"""`gonerd search`: hyperparameters of a fine-tuning by population-based training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

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
    """
    from gonerd_baselines.search.config import SearchConfig
    from gonerd_baselines.search.searching import search_named

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
    record = search_named(
        task,
        start,
        out,
        data=data,
        recipe=recipe,
        settings=[f"{key}={value}" for key, value in given.items() if value is not None]
        + list(settings),
        space=space,
        ranges=ranges,
        config=SearchConfig(
            population=population,
            perturb_every=perturb_every,
            quantile=quantile,
            resample=resample,
        ),
        overwrite=force,
        note=note,
        **others,
    )
    if as_json:
        print_json(record)
        return
    winner = record["winner"]
    said = "; ".join(
        f"{split} {', '.join(f'{name} {value:.4f}' for name, value in metrics.items())}"
        for split, metrics in record["metrics"].items()
    )
    last = winner["schedule"][-1]["hyperparameters"]
    print_text(
        f"{out}: {said} (member {winner['member']} of {population}, step {winner['best']['step']:,}, "
        f"{counted(len(record['exploits']), 'exploit step')} in all; at the end "
        f"{', '.join(f'{key} {value:.3g}' for key, value in last.items())})"
    )
