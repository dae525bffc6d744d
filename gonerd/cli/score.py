"""`gonerd score`: predictions against gold, from files of any form."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.cli.options import format_option, repair_option, replicates_option, scheme_option
from gonerd.console import counted, note, print_json, print_text
from gonerd.corpora import Format
from gonerd.errors import ConfigError
from gonerd.schemes import Repair, Scheme

__all__ = ["score"]

BY = ("type", "source", "length", "position", "entity_length", "seen", "year")


@click.command()
@click.argument("gold")
@click.argument("predicted", metavar="PRED")
@click.option(
    "--split", help="The split of GOLD, and of PRED, where they are datasets.  [default: test]"
)
@click.option(
    "--by",
    type=click.Choice(BY),
    multiple=True,
    help="Show the scores by this, too; repeatable.  [default: type, source]",
)
@repair_option
@click.option(
    "--seen-in",
    metavar="DATASET",
    help="Whose surface forms count as seen.  [default: the train split of GOLD, for --by seen and --json]",
)
@click.option("--paper", is_flag=True, help="Show seqeval's score as the paper took it, too.")
@click.option(
    "--errors",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write every error in its context as one HTML page.",
)
@format_option
@scheme_option
@replicates_option
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap."
)
@click.option("--force", is_flag=True, help="Replace the page of errors if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores of a result as one object.")
def score(
    gold: str,
    predicted: str,
    split: str | None,
    by: tuple[str, ...],
    tag_repair: Repair,
    seen_in: str | None,
    paper: bool,
    errors: Path | None,
    form: Format,
    scheme: Scheme,
    replicates: int,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Score PRED against GOLD by document id and character offsets; all gold counts.

    Each is a corpus file (JSON Lines, CoNLL columns and the like), or a dataset: a built folder, a Hub
    id, 'sample'. PRED may be a run of 'gonerd eval', or its predictions.

    \b
    Examples:
      gonerd score gold.jsonl predicted.jsonl --by type --by length
      gonerd score gold.conll predicted.conll --scheme iob1 --tag-repair discard --json
      gonerd score sample runs/rules --by seen --errors errors.html
    """
    from gonerd.evaluation.scoring_files import score_files
    from gonerd.files import require_file_to_write, write_text
    from gonerd.schemes import TagRepairs
    from gonerd.scoring.score_table import score_text

    if gold == predicted == "-":
        raise ConfigError("GOLD and PRED can't both be standard input")
    if str(errors) == "-":
        raise ConfigError(
            "the page of errors stands beside what is printed; expected a file, found -"
        )
    if errors is not None:
        require_file_to_write(errors, overwrite=force, inputs=[gold, predicted])
    repairs = TagRepairs(tag_repair)
    scored = score_files(
        gold,
        predicted,
        split=split,
        form=form,
        scheme=scheme,
        repairs=repairs,
        seen_in=seen_in,
        seen=True if "seen" in by else None if as_json else False,
        paper=paper or as_json,
        errors=errors is not None,
        replicates=replicates,
        seed=seed,
    )
    if repairs.tags:
        note(f"PRED: {repairs}")
    if scored.failures:
        note(
            f"PRED: no answer for {counted(scored.failures, 'document')}: all their gold is missed"
        )
    if errors is not None and scored.errors is not None:
        title = f"Errors of {Path(predicted).name} against {Path(gold).name}"
        write_text(errors, scored.errors.html(title, scored.notice), overwrite=force)
        note(f"errors in {errors}")
    if as_json:
        print_json(scored.scores)
        if scored.notice:
            note(scored.notice)
    else:
        lines = [score_text(scored.scores, by=by or ("type", "source")), scored.notice]
        print_text("\n".join(filter(None, lines)))
