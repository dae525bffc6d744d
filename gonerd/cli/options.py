"""Options that several commands share, each defined once."""

from __future__ import annotations

import click

from gonerd.align import MISALIGNED_POLICIES
from gonerd.corpora import FORMATS
from gonerd.schemes import REPAIRS, SCHEMES

__all__ = [
    "format_option",
    "misaligned_option",
    "repair_option",
    "replicates_option",
    "scheme_option",
]

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="auto",
    show_default=True,
    help="What a corpus is: JSON Lines of ours, of tokens and tags or of Prodigy, CoNLL, spaCy, BRAT.",
)

scheme_option = click.option(
    "--scheme",
    type=click.Choice(SCHEMES),
    default="iob2",
    show_default=True,
    help="The tag scheme of tokens and tags.",
)

misaligned_option = click.option(
    "--on-misaligned",
    type=click.Choice(MISALIGNED_POLICIES),
    default="error",
    show_default=True,
    help="What to do with an entity that cuts a token or overlaps another.",
)

repair_option = click.option(
    "--tag-repair",
    type=click.Choice(REPAIRS),
    default="conlleval",
    show_default=True,
    help="How tags of predictions that are not of the scheme are read; those of gold are refused.",
)

replicates_option = click.option(
    "--replicates",
    type=click.IntRange(1),
    default=2000,  # gonerd.scoring.confidence.REPLICATES, which would import numpy for every --help
    show_default=True,
    help="Of the bootstrap.",
)
