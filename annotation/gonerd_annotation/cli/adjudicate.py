"""`gonerd annotate adjudicate`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json
from gonerd.options import takedown_option
from gonerd.takedown import Takedown
from gonerd_annotation.cli.options import files_argument, originals_option, skip_untrusted_option

__all__ = ["adjudicate"]


@click.command()
@files_argument
@originals_option
@click.option("--out", required=True, metavar="FILE", help="Where the merged documents go.")
@click.option(
    "--tasks",
    metavar="FILE",
    help="Where undecided documents go as tasks, each annotator's spans as a prediction.",
)
@click.option(
    "--decided",
    multiple=True,
    metavar="EXPORT",
    help="Label Studio's JSON export of the project in which the tasks were decided; repeatable.",
)
@click.option(
    "--keep-single", is_flag=True, help="Let documents pass that only one annotator annotated."
)
@skip_untrusted_option
@takedown_option
@click.option("--force", is_flag=True, help="Replace existing files.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def adjudicate(
    files: tuple[str, ...],
    documents: str | None,
    out: str,
    tasks: str | None,
    decided: tuple[str, ...],
    keep_single: bool,
    skip_untrusted: bool,
    takedown_files: tuple[Path, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Merge the work of several annotators: agreements pass, disagreements go to an adjudicator.

    A document passes when two or more annotated it and marked exactly the same. The others become tasks
    for Label Studio; --decided brings back what was decided there, also when only a part of it is.
    Each entity of the merged documents says in meta.annotation who agreed on it or decided it.

    \b
    Examples:
      gonerd annotate adjudicate a.json b.json --documents sample.jsonl --out merged.jsonl --tasks t.json
      gonerd annotate adjudicate a.json b.json --documents sample.jsonl --decided d.json --out all.jsonl
    """
    from gonerd_annotation.merging import merge_annotations

    report = merge_annotations(
        files,
        out,
        documents=documents,
        decided=decided,
        tasks=tasks,
        keep_single=keep_single,
        skip_untrusted=skip_untrusted,
        takedown=Takedown.read(takedown_files),
        overwrite=force,
    )
    note(
        f"{counted(report['documents'], 'document')}: {report['agreed']} agreed, "
        f"{report['adjudicated']} adjudicated, {report['undecided']} undecided, "
        f"{report['rejected']} rejected, {report['single']} by one annotator only, "
        f"{report['unannotated']} not annotated; {report['merged']} in {out}"
    )
    if report["undecided"]:
        where = f"in {tasks}" if tasks else "left out; --tasks FILE writes them for the adjudicator"
        note(f"{counted(report['undecided'], 'document')} to decide {where}")
    elif tasks:
        note(f"nothing is left to decide, so {tasks} is not written")
    if report["overruled"]:
        note(f"{report['overruled']} entities that all had marked were changed by the adjudicator")
    if untrusted := report["decisions_quarantined"] + sum(
        one["quarantined"] for one in report["annotators"]
    ):
        note(f"{counted(untrusted, 'task')} left out that can't be trusted")
    if as_json:
        print_json(report)
