"""`gonerd annotate report`."""

from __future__ import annotations

import click

from gonerd.console import counted, note, print_json, print_text
from gonerd_annotation.annotator_report import PERIODS, Period
from gonerd_annotation.cli.options import files_argument, originals_option, skip_untrusted_option

__all__ = ["report"]


@click.command()
@files_argument
@originals_option
@click.option("--truth", metavar="FILE", help="Adjudicated documents, JSON Lines, to compare with.")
@click.option(
    "--by",
    "period",
    type=click.Choice(PERIODS),
    default="tenth",
    show_default=True,
    help="Parts of time: tenths of an annotator's documents in their order, or days (UTC).",
)
@skip_untrusted_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def report(
    files: tuple[str, ...],
    documents: str | None,
    truth: str | None,
    period: Period,
    skip_untrusted: bool,
    as_json: bool,
) -> None:
    """Report how fast annotators work, and how near they are to the adjudicated truth over time.

    FILEs are those of `gonerd annotate agree`. Speed comes from Label Studio's lead_time, which runs
    while the page is open; medians are given, as pauses count.

    \b
    Examples:
      gonerd annotate report anna.json berg.json --documents sample.jsonl --truth merged.jsonl
      gonerd annotate report project.json --documents sample.jsonl --by day --json
    """
    from gonerd_annotation.annotator_report import annotator_report
    from gonerd_annotation.annotators import read_annotators, read_truth
    from gonerd_annotation.cli.figures import annotator_lines

    annotators = read_annotators(files, documents=documents, skip_untrusted=skip_untrusted)
    gold = None if truth is None else read_truth(truth)
    found = annotator_report(annotators, gold, period=period)
    if untrusted := sum(annotator.left_out["quarantined"] for annotator in annotators):
        note(f"{counted(untrusted, 'task')} left out that can't be trusted")
    if as_json:
        print_json(found)
    else:
        print_text("\n".join(annotator_lines(found)))
