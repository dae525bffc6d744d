"""`gonerd pretrain`: masked language modelling on a folder of tokens."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text
from gonerd_baselines.cli.training_options import (
    is_first_process,
    progress_bar,
    training_in_words,
    training_options,
)

__all__ = ["pretrain"]


@click.command()
@click.option(
    "--tokens",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder that `gonerd tokenize` wrote.",
)
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    help="Another, whose loss is logged after each pass, or every evaluate_steps.",
)
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    help="A checkpoint to go on from: a folder or a Hub id.  [default: random weights]",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@training_options
def pretrain(
    tokens: Path,
    validation: Path | None,
    start: str | None,
    out: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    device: str,
    attention_backend: str,
    tensorboard: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Train a masked language model, from random weights or from a checkpoint.

    Recipes: small, roberta, longformer, lsg. Documents are packed, none is padded. An interrupted training
    goes on, to the bit, when the same command runs again. On several GPUs: `accelerate launch -m gonerd
    pretrain ...`. The folder opens in plain transformers.

    \b
    Examples:
      gonerd pretrain --tokens tokens --validation held-out --out teacher --recipe small --set steps=2000
      gonerd pretrain --tokens tokens --out lsg --recipe lsg --device cuda
      gonerd pretrain --from longformer --tokens tokens --out longformer-mlm --recipe longformer --device cuda
    """
    from gonerd_baselines.pretraining.pretraining import pretrain as train
    from gonerd_baselines.pretraining.sections import PRETRAIN_SECTIONS
    from gonerd_baselines.training.recipe import read_recipe

    with progress_bar() as progress:
        record = train(
            tokens,
            out,
            start=start,
            validation=validation,
            recipe=read_recipe("pretrain", recipe, PRETRAIN_SECTIONS, settings),
            attention_backend=attention_backend,
            device=device,
            tensorboard=tensorboard,
            overwrite=force,
            note=note,
            progress=progress,
        )
    if not is_first_process():
        return
    if as_json:
        print_json(record)
        return
    said = training_in_words(record["training"])
    print_text(f"{out}: {said}, {record['parameters']:,} parameters")
