"""Options that all trainings share, and the bar that shows where one stands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from gonerd_baselines.training.progress import Progress

__all__ = ["is_first_process", "progress_bar", "training_in_words", "training_options"]

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--recipe", metavar="NAME|FILE", help="One that ships, or a TOML file of one's own."
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="A field of the recipe, as `steps=1000` or `training.steps=1000`; may be repeated.",
    ),
    click.option("--device", default="cpu", show_default=True, help="Where to train: cpu, cuda."),
    click.option(
        "--attention-backend",
        default="auto",
        show_default=True,
        help="How attention is computed: auto, sdpa, blocked, flex, varlen, dense.",
    ),
    click.option(
        "--tensorboard",
        type=click.Path(path_type=Path, file_okay=False),
        help="A folder for TensorBoard's files.",
    ),
    click.option("--force", is_flag=True, help="Replace the folder, and begin anew."),
    click.option(
        "--json", "as_json", is_flag=True, help="Print the record of the training as JSON."
    ),
)


def training_options(command: F) -> F:
    """--recipe, --set, --device, --attention-backend, --tensorboard, --force and --json."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_first_process() -> bool:
    """Whether this one prints, of those that `accelerate launch` or torchrun started."""
    return os.environ.get("RANK", "0") == "0"


def training_in_words(trained: Mapping[str, Any]) -> str:
    """What a training came to, of its report."""
    return (
        f"loss {trained['loss']:.4f} in {trained['steps']:,} steps, {trained['tokens']:,} tokens, "
        f"{trained['tokens_per_second']:,.0f} tokens/s"
    )


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Shows loss, tokens/s, MFU and the time left on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty() or not is_first_process():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("training"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0)

        def show(now: Progress) -> None:
            used = "" if now.mfu is None else f"  MFU {100 * now.mfu:.0f}%"
            said = (
                f"step {now.step:,}  loss {now.loss:.4f}  {now.tokens_per_second:,.0f} tokens/s{used}"
                f"  {now.seconds_left:,.0f} s left"
            )
            bar.update(task, completed=now.done, description=said)

        yield show
