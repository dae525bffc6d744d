"""`gonerd finetune`: train a tagger on a dataset."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gonerd.console import note, print_json, print_text
from gonerd.options import dataset_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonerd_baselines.tagger.training import Progress

__all__ = ["finetune"]


@click.command()
@dataset_option
@click.option(
    "--from",
    "start",
    type=click.Choice(["scratch"]),
    default="scratch",
    show_default=True,
    help="What the training starts from.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The model folder to write."
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    default=None,
    help="Passes over the training split.  [default: 20]",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(0, min_open=True),
    default=None,
    help="Time limit; the number of steps is then planned from the speed of this machine.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Initial weights, order, dropout."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A field of the model's or the training's configuration; may be repeated.",
)
@click.option("--device", default="cpu", show_default=True, help="Where to train: cpu, cuda.")
@click.option("--force", is_flag=True, help="Replace the folder, and begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print the training's record as JSON.")
def finetune(
    dataset: str | None,
    start: str,
    out: Path,
    epochs: int | None,
    max_seconds: float | None,
    seed: int,
    settings: tuple[str, ...],
    device: str,
    force: bool,
    as_json: bool,
) -> None:
    """Train a small local-attention tagger on a dataset's train split.

    The epoch with the best F1 on the validation split is kept. Documents are read whole, however long.
    An interrupted training goes on where its last epoch ended when the same command runs again.

    \b
    Examples:
      gonerd finetune --dataset sample --out model --max-seconds 80
      gonerd finetune --dataset data/mine --out model --epochs 30 --set window=64 --set width=192
      gonerd eval --model gonerd:model --dataset sample --split test --out run
    """
    from gonerd.dataset import dataset_or_default
    from gonerd_baselines.configuration import with_settings
    from gonerd_baselines.tagger.config import TaggerConfig, TrainingConfig
    from gonerd_baselines.tagger.finetuning import finetune as train

    asked = {"epochs": epochs, "max_seconds": max_seconds, "seed": seed}
    given = [f"{key}={value}" for key, value in asked.items() if value is not None]
    sections = {"model": TaggerConfig(), "training": TrainingConfig()}
    made = with_settings(sections, [*given, *settings], fixed=("tags",))
    with _progress_bar() as progress:
        record = train(
            dataset_or_default(dataset),
            out,
            start=start,
            model=made["model"],
            training=made["training"],
            device=device,
            overwrite=force,
            note=note,
            progress=progress,
        )
    if as_json:
        print_json(record)
        return
    print_text(
        f"{out}: validation F1 {record['best']['validation_f1']:.4f} (epoch {record['best']['epoch'] + 1}), "
        f"{record['parameters']:,} parameters, {record['seconds']:.0f} s"
    )


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Shows loss, tokens/s and time left on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def show(now: Progress) -> None:
            speed = f"{now.tokens_per_second:,.0f} tokens/s"
            said = f"loss {now.loss:.4f}  {speed}  {now.seconds_left:.0f} s left"
            bar.update(task, completed=now.step, total=now.steps, description=said)

        yield show
