"""`gonerd score`: predictions against gold, from files of any form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gonerd.cli.options import format_option, repair_option, replicates_option, scheme_option
from gonerd.console import counted, note, print_json, print_text
from gonerd.corpora import Format
from gonerd.errors import ConfigError
from gonerd.schemes import Repair, Scheme

if TYPE_CHECKING:
    from gonerd.audit.training_overlap import Standing

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
@click.option(
    "--training",
    multiple=True,
    metavar="DATASET",
    help="The model's training data: score a second time without the documents of GOLD that stand in it, "
    "as near-duplicates or reprints; repeatable.",
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
    training: tuple[str, ...],
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
      gonerd score gonerd runs/tagger --training articles.jsonl --training gonerd
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
    standing = _in_training(gold, split, training, form, scheme) if training else []
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
        without={each.document for each in standing} if training else None,
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
        more = {} if scored.clean is None else {"without_training": _clean(scored.clean, standing)}
        print_json(scored.scores | more)
        if scored.notice:
            note(scored.notice)
    else:
        lines = [score_text(scored.scores, by=by or ("type", "source"))]
        if scored.clean is not None:
            lines.append(_clean_text(scored.scores["full"], scored.clean["full"], len(standing)))
        lines.append(scored.notice or "")
        print_text("\n".join(filter(None, lines)))


def _in_training(
    gold: str, split: str | None, training: tuple[str, ...], form: Format, scheme: Scheme
) -> list[Standing]:
    """The documents of `gold` that stand in the train splits, or in all of files without splits."""
    from itertools import chain

    from gonerd.audit.training_overlap import documents_in_training
    from gonerd.dataset.loading import load
    from gonerd.evaluation.answers import gold_in

    def texts(name: str) -> Any:
        opened = load(name)
        return opened.documents("train" if "train" in opened.splits else "all")

    if gold == "-":
        raise ConfigError("--training reads GOLD twice, which standard input can't be; found -")
    documents = list(gold_in(gold, split=split, form=form, scheme=scheme, window=False))
    return documents_in_training(documents, chain.from_iterable(map(texts, training)))


def _clean(scores: dict[str, Any], standing: list[Standing]) -> dict[str, Any]:
    from dataclasses import asdict

    return {"left_out": [asdict(each) for each in standing], "scores": scores}


def _clean_text(full: dict[str, Any], clean: dict[str, Any], number: int) -> str:
    if not clean["tp"] + clean["fn"]:
        return f"\nwithout {counted(number, 'document')} that stand in the training data no gold is left"
    low, high = (100 * end for end in clean["ci"]["f1"])
    return (
        f"\nwithout {counted(number, 'document')} that stand in the training data: "
        f"F1 {100 * clean['f1']:.1f} [{low:.1f}, {high:.1f}], {100 * full['f1']:.1f} with them"
    )
