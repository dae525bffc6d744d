"""`gonerd annotate agree`."""

from __future__ import annotations

import click

from gonerd.console import counted, note, print_json, print_text
from gonerd_annotation.cli.options import files_argument, originals_option, skip_untrusted_option

__all__ = ["agree"]


@click.command()
@files_argument
@originals_option
@skip_untrusted_option
@click.option(
    "--samples",
    type=click.IntRange(min=1, max=100_000),
    default=1000,
    show_default=True,
    help="How often the bootstrap draws the documents anew.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap."
)
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many of the most frequent disagreements are shown.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def agree(
    files: tuple[str, ...],
    documents: str | None,
    skip_untrusted: bool,
    samples: int,
    seed: int,
    top: int,
    as_json: bool,
) -> None:
    """Measure how far annotators agree on the documents that at least two of them annotated.

    Each FILE is Label Studio's JSON export, of one annotator or of several, or annotated documents as
    JSON Lines. NAME=FILE names the annotator of a file.

    \b
    Examples:
      gonerd annotate agree anna.json berg.json --documents sample.jsonl
      gonerd annotate agree project.json --documents sample.jsonl --samples 2000 --seed 7 --json
      gonerd annotate agree anna=a.jsonl berg=b.jsonl --top 50
    """
    from gonerd_annotation.agreement import agreement_report
    from gonerd_annotation.annotators import read_annotators
    from gonerd_annotation.cli.figures import agreement_lines
    from gonerd_annotation.resampling import Bootstrap

    annotators = read_annotators(files, documents=documents, skip_untrusted=skip_untrusted)
    report = agreement_report(annotators, bootstrap=Bootstrap(samples, seed), top=top)
    shared = report["co_annotated_documents"]
    note(
        f"{counted(len(annotators), 'annotator')}, {counted(shared, 'document')} annotated by two or more"
    )
    if untrusted := sum(annotator.left_out["quarantined"] for annotator in annotators):
        note(f"{counted(untrusted, 'task')} left out that can't be trusted")
    if as_json:
        print_json(report)
    else:
        print_text("\n".join(agreement_lines(report)))
