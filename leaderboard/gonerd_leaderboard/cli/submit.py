"""`gonerd submit`: a run becomes an entry of a leaderboard."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from gonerd.console import note, print_json, print_text

if TYPE_CHECKING:
    from gonerd_leaderboard.card import Card
    from gonerd_leaderboard.submission import Run

__all__ = ["submit"]

ASKED = {
    "name": "The name to show",
    "license": "The model's licence, as an SPDX id such as Apache-2.0",
    "training_data": "What the model was trained on, in a sentence; none for a model without training",
    "exposure": "What it has seen of the test documents: none, texts, labels or unknown",
}
"""What a card needs, and how it is asked for."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN_DIR")
@click.option(
    "--to",
    "submissions",
    type=click.Path(path_type=Path),
    default=Path("leaderboard/submissions"),
    show_default=True,
    metavar="SUBMISSIONS_DIR",
    help="The folder of submissions to add it to.",
)
@click.option("--name", default="", help="The name to show.")
@click.option("--license", "license_", default="", help="The model's licence, as an SPDX id.")
@click.option("--training-data", default="", help="What the model was trained on.")
@click.option(
    "--exposure",
    type=click.Choice(["none", "texts", "labels", "unknown"]),
    help="What the model, or what it was made from, has seen of the test documents.",
)
@click.option("--contact", default="", help="Where to write to; not asked for.")
@click.option("--url", default="", help="A page about the model; not asked for.")
@click.option("--notes", default="", help="What else is to be known; not asked for.")
@click.option(
    "--hub",
    metavar="NAMESPACE/NAME",
    help="Send it to this leaderboard on the Hub, too, as a pull request.",
)
@click.option("--force", is_flag=True, help="Replace the entry where it stands there already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def submit(
    run: Path,
    submissions: Path,
    name: str,
    license_: str,
    training_data: str,
    exposure: str | None,
    contact: str,
    url: str,
    notes: str,
    hub: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Check a run of gonerd eval and copy it into a folder of submissions.

    Refused is a run whose files, counts or hashes contradict each other. The copy holds
    result.json, predictions.jsonl.zst and a card, model.toml. What the card needs and the run does not say
    is asked for on a terminal, and has to be given as options elsewhere. Then it says how to send it.

    \b
    Examples:
      gonerd submit run
      gonerd submit run --name "My tagger" --license Apache-2.0 --training-data "my articles" --exposure none
      gonerd submit run --to submissions --hub giant-oak/gonerd-leaderboard --force
    """
    from gonerd_leaderboard.card import Card
    from gonerd_leaderboard.sending import open_pull_request
    from gonerd_leaderboard.submission import card_of, place_of, read_card, read_run
    from gonerd_leaderboard.submission import submit as copy_run

    checked = read_run(run)
    stated = Card(name, license_, training_data, exposure or "", contact, url, notes)
    card = _asked_for(card_of(checked, stated), name=name)
    place = submissions / place_of(checked.result)
    if hub and not force and _holds(place, checked):
        note(f"{place} holds this run already, and is sent as it is")
        card = read_card(place)
    else:
        copy_run(run, submissions, card=card, overwrite=force)
    address = open_pull_request(place, hub, title=f"Submit {card.name}", note=note) if hub else ""
    if as_json:
        print_json(
            {
                "path": str(place),
                "name": card.name,
                "license": card.license,
                "exposure": card.exposure,
                "pull_request": address or None,
            }
        )
        return
    print_text(f"{card.name}: checked and copied to {place}")
    if address:
        print_text(f"{address} waits for the leaderboard's maintainers")
    else:
        note(_how_to_send(place, card))


def _asked_for(card: Card, *, name: str) -> Card:
    """The card with what it needs, asked for where somebody can answer.

    Raises:
        ConfigError: something is missing, and nobody can be asked.
    """
    from dataclasses import replace

    from gonerd.errors import ConfigError
    from gonerd_leaderboard.card import EXPOSURES

    asks = sys.stdin.isatty()
    missing = [key for key in ASKED if not getattr(card, key)]
    if asks and not name:
        missing.insert(0, "name")
    if missing and not asks:
        options = ", ".join(f"--{key.replace('_', '-')}" for key in missing)
        raise ConfigError(
            "the run does not say what the card needs, and there is no terminal to ask on; "
            f"expected {options}"
        )
    for key in missing:
        answer = click.prompt(
            ASKED[key],
            default=getattr(card, key) or None,
            type=click.Choice(list(EXPOSURES)) if key == "exposure" else str,
            show_choices=False,
            err=True,
        )
        card = replace(card, **{key: answer.strip()})
    return card


def _holds(place: Path, run: Run) -> bool:
    """Whether the folder of the submission was made of this very run."""
    from gonerd_leaderboard.submission import read_run

    return place.is_dir() and read_run(place).digests == run.digests


def _how_to_send(place: Path, card: Card) -> str:
    branch = f"submit-{place.parent.name}-{place.name[:8]}"
    return "\n".join(
        [
            "to send it as a pull request, from a clone of the leaderboard's repository:",
            f"  git switch -c {branch}",
            f"  git add {quote(str(place))}",
            f"  git commit -m {quote(f'Submit {card.name}')}",
            f"  git push -u origin {branch}",
            "or to a leaderboard on the Hub: the same command with --hub NAMESPACE/NAME",
        ]
    )
