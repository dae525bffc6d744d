"""`gonerd distill`: a smaller model from a teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from gonerd.console import counted, note, print_json, print_text
from gonerd.errors import ConfigError
from gonerd_baselines.cli.training_options import (
    is_first_process,
    progress_bar,
    training_in_words,
    training_options,
)

__all__ = ["distill"]

ORDERS = ("convert-then-distill", "distill-then-convert")
TARGETS = ("longformer", "bigbird", "lsg", "nystromformer", "full")


@click.command()
@click.option(
    "--teacher", required=True, metavar="MODEL", help="A trained model: a folder or a Hub id."
)
@click.option(
    "--tokens",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A folder that `gonerd tokenize` wrote with the teacher's tokenizer; may be repeated.",
)
@click.option(
    "--dataset",
    metavar="DATASET",
    help="Of the recipe task: entities to learn, beside --tokens, and to measure student and teacher by; "
    "as `gonerd finetune` takes it, also what its --prepare wrote.",
)
@click.option(
    "--student",
    metavar="CHOICE",
    help="every-other, distilbert (0,2,4,7,9,11), first, last, layers (0,3,6), a shape "
    "(layers=3,hidden_size=96), random, random:CHOICE, or a folder.  [default: every-other]",
)
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    help="With --to: convert teacher and student, or the student when it is trained.  "
    "[default: convert-then-distill]",
)
@click.option(
    "--to", type=click.Choice(TARGETS), help="Another attention.  [default: the teacher's]"
)
@click.option(
    "--max-len",
    type=click.IntRange(1),
    help="With --to: tokens of the longest document afterwards.  [default: 4096]",
)
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    help="Tokens whose masked loss is logged after each pass, or every evaluate_steps.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@training_options
def distill(
    teacher: str,
    tokens: tuple[Path, ...],
    dataset: str | None,
    student: str | None,
    order: str | None,
    to: str | None,
    max_len: int | None,
    validation: Path | None,
    out: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    device: str,
    attention_backend: str,
    tensorboard: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Train a smaller model that learns from a teacher.

    Recipes: paper (the default), od, od-standardized, od-masked, od-hs, hs, mha, local-mha, task (a
    fine-tuned teacher), control-none, control-mlm, control-random. An interrupted training goes on, to the
    bit, when the same command runs again. On several GPUs: `accelerate launch -m gonerd distill ...`. The
    folder opens in plain transformers; distill.json says how it was made.

    \b
    Examples:
      gonerd distill --teacher longformer --tokens tokens --out student --device cuda
      gonerd distill --teacher teacher --tokens tokens --student 0,3 --recipe mha --out student
      gonerd distill --teacher roberta-base --tokens tokens --to lsg --order distill-then-convert --out lsg
      gonerd distill --teacher ner --student student --recipe task --dataset gonerd --tokens tokens --out fast
    """
    from gonerd_baselines.distillation.config import DISTILL_SECTIONS
    from gonerd_baselines.distillation.distilling import distill as train
    from gonerd_baselines.tasks.catalogue import open_task
    from gonerd_baselines.training.recipe import read_recipe

    asked = read_recipe("distill", recipe or "paper", DISTILL_SECTIONS, settings)
    if student is not None:
        asked["student"] = replace(asked["student"], choice=student)
    conversion = {"order": order, "to": to, "max_len": max_len}
    given = {key: value for key, value in conversion.items() if value is not None}
    asked["conversion"] = replace(asked["conversion"], **given)
    if asked["conversion"].to is None and given:
        raise ConfigError("--order and --max-len are of a conversion; expected --to beside them")
    with progress_bar() as progress:
        record = train(
            teacher,
            tokens,
            out,
            recipe=asked,
            task=None if dataset is None else open_task("ner", data=dataset),
            validation=validation,
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
    made, trained = record["student"], record["training"]
    said = (
        f"{out}: {counted(made['layers'], 'layer')} of {made['attention']} attention, "
        f"{made['parameters']:,} parameters of {record['teacher']['parameters']:,}"
    )
    if trained is not None:
        said += f", {training_in_words(trained)}"
    print_text(said)
    for split, found in record.get("metrics", {}).items():
        of = ", ".join(f"{who} F1 {metrics['f1']:.4f}" for who, metrics in found.items())
        print_text(f"{split}: {of}")
