"""`gonerd leaderboard fresh`: a dated test split with withheld labels, made and scored by maintainers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from gonerd.console import counted, print_json, print_text

__all__ = ["fresh"]


@click.group()
def fresh() -> None:
    """A second test split, dated after models were made, whose labels stay with the maintainers.

    \b
    Examples:
      gonerd leaderboard fresh split annotated.jsonl --after 2026-06-30 --out fresh
      gonerd leaderboard fresh score runs/tagger --fresh fresh --model acme/tagger
    """


@fresh.command()
@click.argument("documents", metavar="DOCUMENTS")
@click.option(
    "--after",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    metavar="YYYY-MM-DD",
    help="Every document must be dated later than this day.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder to make of it."
)
@click.option("--name", default="", help="Of the split.  [default: the month of its last document]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def split(documents: str, after: datetime, out: Path, name: str, as_json: bool) -> None:
    """Part annotated documents into texts to give away and labels to keep.

    OUT/public has documents without labels, to be published; OUT/withheld has the labels and, later, the
    log of what was scored.

    \b
    Examples:
      gonerd leaderboard fresh split annotated.jsonl --after 2026-06-30 --out fresh
    """
    from gonerd_leaderboard.fresh import split_fresh

    made = split_fresh(documents, out, after=f"{after:%Y-%m-%d}", name=name)
    if as_json:
        print_json(made.as_json())
    else:
        print_text(
            f"{made.name}: {counted(made.n_docs, 'document')} of {made.first} to {made.last} in {out}; "
            f"publish {out / 'public'}, and keep {out / 'withheld'}"
        )


@fresh.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN_DIR")
@click.option(
    "--fresh",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder that 'fresh split' made.",
)
@click.option("--model", required=True, help="The name under which its answers are counted.")
@click.option(
    "--most",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Answers for a model in --days.",
)
@click.option(
    "--days", type=click.IntRange(1), default=30, show_default=True, help="How long one counts."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def score(run: Path, folder: Path, model: str, most: int, days: int, as_json: bool) -> None:
    """Score a run of gonerd eval on the public texts, and print whole points alone.

    A type has a figure where 100 gold entities stand behind it. Every answer is logged in FRESH/withheld.
    The same predictions get the same answer again, which does not count.

    \b
    Examples:
      gonerd eval --model hf:acme/tagger --dataset fresh/public/documents.jsonl --split all --out run
      gonerd leaderboard fresh score run --fresh fresh --model acme/tagger
    """
    from gonerd_leaderboard.fresh import score_fresh

    answer = score_fresh(run, folder, model=model, most=most, days=days)
    if as_json:
        print_json(answer)
        return
    print_text(
        f"{model} on {answer['name']} ({counted(answer['n_docs'], 'document')}, {answer['first']} to "
        f"{answer['last']}): F1 {answer['f1']}, P {answer['precision']}, R {answer['recall']}"
    )
    for label, points in answer["by_type"].items():
        print_text(f"  {label:<5} F1 {points['f1']}, P {points['precision']}, R {points['recall']}")
