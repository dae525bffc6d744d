"""`gonerd annotate import`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json
from gonerd.options import takedown_option
from gonerd.takedown import Takedown
from gonerd_annotation.answer import OUTCOMES
from gonerd_annotation.cli.halves import note_halves
from gonerd_annotation.intake import import_annotations

__all__ = ["import_"]


@click.command("import")
@click.argument("export")
@click.option(
    "--documents", required=True, metavar="FILE", help="The documents that were exported as tasks."
)
@click.option("--out", required=True, metavar="FILE", help="Where the annotated documents go.")
@click.option(
    "--quarantine",
    metavar="FILE",
    help="Where tasks go that can't be trusted, with reasons; without it they are an error.",
)
@takedown_option
@click.option("--force", is_flag=True, help="Replace existing files.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as one JSON object.")
def import_(
    export: str,
    documents: str,
    out: str,
    quarantine: str | None,
    takedown_files: tuple[Path, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Bring EXPORT, Label Studio's JSON export, back into documents.

    JSON_MIN is read as well, and so are exports of Label Studio before 1.0; what they lack is told.

    Every task is imported, cancelled, rejected, unannotated, quarantined or taken down; the report
    names each that is left out. Of several annotations on one task the one updated last counts.

    \b
    Examples:
      gonerd annotate import export.json --documents sample.jsonl --out annotated.jsonl
      gonerd annotate import export.json --documents sample.jsonl --out b.jsonl --quarantine q.jsonl
    """
    report = import_annotations(
        export,
        documents,
        out,
        quarantine=quarantine,
        takedown=Takedown.read(takedown_files),
        overwrite=force,
    )
    outcomes = ", ".join(f"{report[outcome]} {outcome.replace('_', ' ')}" for outcome in OUTCOMES)
    note(f"{counted(report['tasks'], 'task')}: {outcomes}; {report['entities']} entities in {out}")
    for what in ("trimmed", "blank", "duplicate", "overlapping"):
        if report[what]:
            note(f"{report[what]} {what} regions")
    if report["several_annotations"]:
        note(
            f"{report['several_annotations']} tasks have several annotations: the latest was taken"
        )
    if report["utf16_annotations"]:
        note(
            f"{report['utf16_annotations']} annotations counted in UTF-16 units and were converted"
        )
    for what in report["form_lacks"]:
        note(f"an export as {report['form']} does not say {what}")
    note_halves(report["preannotation"])
    if as_json:
        print_json(report)
