"""`gonerd verify`: what is true of submissions, as far as it can be told here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gonerd.console import counted, note, print_json, print_text

if TYPE_CHECKING:
    from gonerd_leaderboard.verification import Verdict

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
    type=click.Choice(["self-reported", "rescored", "rerun"]),
    default="self-reported",
    show_default=True,
    help="Refuse what is proven less far.",
)
@click.option(
    "--rerun", is_flag=True, help="Run the models again, too, and say what they gave here."
)
@click.option(
    "--model",
    metavar="KIND[:ARGUMENT]",
    help="With --rerun, where the model lies.  [default: what the result names on the Hub]",
)
@click.option("--device", default="cpu", show_default=True, help="With --rerun, where models run.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=0.1,
    show_default=True,
    metavar="POINTS",
    help="With --rerun, how far F1 in per cent may be from the one that is stated.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Processes for --all.  [default: the cores]"
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --all, write what was found for 'gonerd leaderboard build --verified FILE'. What FILE says "
    "already of the same files on the same gold is taken from there.",
)
@click.option(
    "--again",
    "anew",
    is_flag=True,
    help="With --record, verify everything, whatever FILE says already.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def verify(
    runs: tuple[Path, ...],
    submissions: Path | None,
    datasets: tuple[str, ...],
    require: str,
    rerun: bool,
    model: str | None,
    device: str,
    tolerance: float,
    jobs: int | None,
    record: Path | None,
    anew: bool,
    as_json: bool,
) -> None:
    """Check runs or submissions, and compute their scores again from their predictions.

    Self-reported is what agrees with itself; rescored is what the predictions give on the gold, number by
    number: scores, intervals, coverage, calibration. A submission is data, nothing in it is run; --rerun
    loads the model that it names, and runs that. The exit status is 1 if one is refused.

    \b
    Examples:
      gonerd verify runs/rules
      gonerd verify --all submissions --dataset sample --require rescored
      gonerd verify --all submissions --dataset gonerd --record verified.json
      gonerd verify runs/tagger --dataset gonerd --rerun --model gonerd:models/tagger
    """
    from gonerd.errors import CheckError, ConfigError, InputError
    from gonerd_leaderboard.gold import GoldShelf
    from gonerd_leaderboard.verification import Rerunning, Verdict, agreeing, verdicts
    from gonerd_leaderboard.verification import verify as verify_one
    from gonerd_leaderboard.verified import TIERS, proofs_to_keep, write_proofs

    if bool(runs) == bool(submissions):
        raise ConfigError("expected folders of runs or submissions, or --all SUBMISSIONS_DIR")
    if record is not None and submissions is None:
        raise ConfigError("--record tells of a whole board; expected --all SUBMISSIONS_DIR with it")
    if anew and record is None:
        raise ConfigError(
            "--again is for what a record says already; expected --record FILE with it"
        )
    if model and not (rerun and len(runs) == 1):
        raise ConfigError("--model is where one run's model lies; expected one RUN_DIR and --rerun")
    places = datasets or ("sample",)
    again = Rerunning(model, device, tolerance / 100) if rerun else None
    if submissions is not None:
        keep = record is not None and record.exists() and not anew
        known = proofs_to_keep(record) if record is not None and keep else {}
        found = agreeing(
            list(verdicts(submissions, places, processes=jobs, again=again, known=known))
        )
        if not found:
            raise InputError(f"{submissions} has no submission; gonerd submit --to adds one")
    else:
        shelf = GoldShelf(places)
        found = [verify_one(folder, shelf, again=again) for folder in runs]
    least = TIERS.index(require)
    found = [
        Verdict(each.place, reason=f"{each.place}: {require} is required, {_because(each)}")
        if each.tier and TIERS.index(each.tier) < least
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


def _because(verdict: Verdict) -> str:
    return f"and {verdict.reason}" if verdict.reason else f"found {verdict.tier}"
