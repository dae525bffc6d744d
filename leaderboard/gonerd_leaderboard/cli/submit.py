"""`gonerd submit`: a run becomes an entry of a leaderboard."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text

__all__ = ["submit"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN_DIR")
@click.option(
    "--to",
    "submissions",
    type=click.Path(path_type=Path),
    required=True,
    metavar="SUBMISSIONS_DIR",
    help="The folder of submissions to add it to.",
)
@click.option("--name", default="", help="The name to show; the model's id without it.")
@click.option("--license", "licence", default="", help="The model's licence, as an SPDX id.")
@click.option("--force", is_flag=True, help="Replace the entry where it stands there already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def submit(
    run: Path, submissions: Path, name: str, licence: str, force: bool, as_json: bool
) -> None:
    """Check a run of gonerd eval and copy it into a folder of submissions.

    Refused is a run whose files, counts or hashes contradict each other. The copy holds
    result.json, predictions.jsonl.zst and a card, model.toml, which you may edit.

    \b
    Examples:
      gonerd submit run --to submissions
      gonerd submit run --to submissions --name "My tagger" --license Apache-2.0 --force
    """
    from gonerd_leaderboard.submission import read_card, submit

    place = submit(run, submissions, name=name, licence=licence, overwrite=force)
    card = read_card(place)
    if not card.license:
        note(f"no licence is stated; add one to {place / 'model.toml'}, or give --license")
    if as_json:
        print_json({"path": str(place), "name": card.name, "license": card.license or None})
    else:
        print_text(f"{card.name}: checked and copied to {place}")
