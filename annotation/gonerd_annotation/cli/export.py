"""`gonerd annotate export`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json
from gonerd.options import takedown_option
from gonerd.takedown import Takedown
from gonerd_annotation.export import export_tasks

__all__ = ["export"]


@click.command()
@click.argument("documents")
@click.option("--out", required=True, metavar="FILE", help="Where the tasks go, a JSON array.")
@click.option(
    "--with-entities",
    is_flag=True,
    help="Show the documents' entities to the annotator as predictions.",
)
@click.option(
    "--model-version",
    default="entities",
    show_default=True,
    metavar="NAME",
    help="Who made these entities, as Label Studio records it; with --with-entities.",
)
@takedown_option
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
def export(
    documents: str,
    out: str,
    with_entities: bool,
    model_version: str,
    takedown_files: tuple[Path, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Write DOCUMENTS (JSON Lines) as tasks that Label Studio imports.

    \b
    Examples:
      gonerd annotate export sample.jsonl --out tasks.json
      gonerd annotate export tagged.jsonl --out tasks.json --with-entities --model-version rules-1
    """
    report = export_tasks(
        documents,
        out,
        model_version=model_version if with_entities else None,
        takedown=Takedown.read(takedown_files),
        overwrite=force,
    )
    note(f"{counted(report['tasks'], 'task')} in {out}")
    for reason, count in report["unfrozen"].items():
        note(
            f"{counted(count, 'text')} with {reason}: a browser may show them otherwise; import checks"
        )
    if as_json:
        print_json(report)
