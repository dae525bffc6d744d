"""`gonerd verify`: what is true of submissions, as far as it can be told here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from gonerd.console import counted, note, print_json, print_text

__all__ = ["verify"]


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, metavar="[RUN_DIR]...")
@click.option(
    "--all",
    "submissions",
    type=click.Path(path_type=Path),
    metavar="SUBMISSIONS_DIR",
    help="Verify every submission in this folder, instead of what is named.",
)
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    help="Where the gold may lie: a built folder, a Hub id, a corpus file, 'sample'; repeatable.  "
    "[default: sample]",
)
@click.option(
    "--require",
    type=click.Choice(["self-reported", "rescored"]),
    default="self-reported",
    show_default=True,
    help="Refuse what is proven less far.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Processes for --all.  [default: the cores]"
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --all, write what was found for 'gonerd leaderboard build --verified FILE'.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def verify(
    runs: tuple[Path, ...],
    submissions: Path | None,
    datasets: tuple[str, ...],
    require: str,
    jobs: int | None,
    record: Path | None,
    as_json: bool,
) -> None:
    """Check runs or submissions, and compute their scores again from their predictions.

    Self-reported is what agrees with itself; rescored is what the predictions give on the gold, number by
    number: scores, intervals, coverage, calibration. A submission is data, nothing in it is run. The exit
    status is 1 if one is refused.

    \b
    Examples:
      gonerd verify runs/rules
      gonerd verify --all submissions --dataset sample --require rescored
      gonerd verify --all submissions --dataset gonerd --record verified.json
    """
    from gonerd.errors import CheckError, ConfigError
    from gonerd_leaderboard.gold import GoldShelf
    from gonerd_leaderboard.verification import Verdict, verdicts
    from gonerd_leaderboard.verification import verify as verify_one
    from gonerd_leaderboard.verified import SELF_REPORTED, write_proofs

    if bool(runs) == bool(submissions):
        raise ConfigError("expected folders of runs or submissions, or --all SUBMISSIONS_DIR")
    if record is not None and submissions is None:
        raise ConfigError("--record tells of a whole board; expected --all SUBMISSIONS_DIR with it")
    places = datasets or ("sample",)
    if submissions is not None:
        found = list(verdicts(submissions, places, processes=jobs))
    else:
        shelf = GoldShelf(places)
        found = [verify_one(folder, shelf) for folder in runs]
    if require != SELF_REPORTED:
        found = [
            Verdict(each.place, reason=f"{each.place}: {require} is required, and {each.reason}")
            if each.tier == SELF_REPORTED
            else each
            for each in found
        ]
    refused = [each for each in found if each.refused]
    if record is not None:
        write_proofs(record, {each.place: each.proof for each in found if each.proof})
        note(f"what was found stands in {record}")
    if as_json:
        print_json(
            {
                "verdicts": [
                    {
                        "place": each.place,
                        "tier": each.tier or None,
                        "reason": each.reason or None,
                    }
                    for each in found
                ]
            }
        )
    else:
        for each in found:
            print_text(f"{each.tier or 'refused':<13}  {each.place}")
            if each.reason:
                note(each.reason)
        tally = Counter(each.tier or "refused" for each in found)
        print_text(
            f"{counted(len(found), 'submission')}: "
            + (", ".join(f"{number} {name}" for name, number in tally.items()) or "none")
        )
    if refused:
        raise CheckError(f"refused: {counted(len(refused), 'submission')}")
