"""`gonerd compare`: runs on the same documents, pair by pair."""

from __future__ import annotations

import click

from gonerd.cli.options import format_option, repair_option, replicates_option, scheme_option
from gonerd.console import note, print_json, print_text
from gonerd.corpora import Format
from gonerd.options import dataset_option
from gonerd.schemes import Repair, Scheme

__all__ = ["compare"]


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="A B [C]...")
@dataset_option
@click.option("--split", help="The split of the gold.  [default: that of the runs, else test]")
@click.option(
    "--teacher",
    metavar="MODEL",
    help="Whose F1 the others' is a share of.  [default: the first]",
)
@repair_option
@format_option
@scheme_option
@click.option(
    "--permutations",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Of the test.",
)
@replicates_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of both.")
@click.option(
    "--top", type=click.IntRange(0), default=10, show_default=True, help="Documents to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as one JSON object.")
def compare(
    models: tuple[str, ...],
    dataset: str | None,
    split: str | None,
    teacher: str | None,
    tag_repair: Repair,
    form: Format,
    scheme: Scheme,
    permutations: int,
    replicates: int,
    seed: int,
    top: int,
    as_json: bool,
) -> None:
    """Compare models on the same documents: is a difference of F1 more than chance?

    Each is a run folder of 'gonerd eval', its predictions, or a corpus file. p is of a paired
    permutation test over documents, corrected for the number of pairs (Holm).

    \b
    Examples:
      gonerd compare runs/rules runs/spacy --dataset sample
      gonerd compare runs/teacher runs/student runs/small --teacher runs/teacher --json
      gonerd compare a.jsonl b.jsonl --dataset gold.jsonl
    """
    from gonerd.evaluation.comparing import compare_files, place_of_gold
    from gonerd.evaluation.comparison_text import comparison_text
    from gonerd.schemes import TagRepairs

    gold, split = place_of_gold(dataset, split, models)
    repairs = TagRepairs(tag_repair)
    comparison = compare_files(
        gold,
        models,
        split=split,
        form=form,
        scheme=scheme,
        repairs=repairs,
        teacher=teacher,
        permutations=permutations,
        replicates=replicates,
        seed=seed,
        top=top,
    )
    if repairs.tags:
        note(str(repairs))
    if as_json:
        print_json(comparison)
    else:
        print_text(comparison_text(comparison))
