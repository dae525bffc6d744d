"""`gonerd score`: one corpus file against another."""

from __future__ import annotations

import click

from gonerd.cli.options import format_option, scheme_option
from gonerd.console import print_json, print_text
from gonerd.corpora import Format
from gonerd.schemes import Scheme

__all__ = ["score"]


@click.command()
@click.argument("gold")
@click.argument("predicted", metavar="PRED")
@format_option
@scheme_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as one JSON object.")
def score(
    gold: str, predicted: str, form: Format, scheme: Scheme, seed: int, as_json: bool
) -> None:
    """Score the documents of PRED against those of GOLD, by document id and character offsets.

    \b
    Examples:
      gonerd score gold.jsonl predicted.jsonl
      gonerd score gold.conll predicted.conll --scheme iob1 --json
    """
    from gonerd.align import fit_to_tokens
    from gonerd.corpora import read_corpus
    from gonerd.evaluation.terminal import score_lines
    from gonerd.scoring import score_pairs
    from gonerd.scoring.counts import pair_by_id

    wanted, found = (read_corpus(path, form=form, scheme=scheme) for path in (gold, predicted))
    pairs = [(fit_to_tokens(one)[0], other.entities) for one, other in pair_by_id(wanted, found)]
    scores = score_pairs(pairs, seed=seed)
    if as_json:
        print_json(scores)
    else:
        print_text("\n".join(score_lines(scores)))
