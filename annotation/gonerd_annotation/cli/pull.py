"""`gonerd annotate pull`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json
from gonerd.files import require_folder_to_write
from gonerd_annotation.cli.connection import connect, connection_options
from gonerd_annotation.cli.halves import note_halves
from gonerd_annotation.pulling import pull_batch

__all__ = ["pull"]


@click.command()
@click.argument("name")
@connection_options
@click.option("--out", required=True, metavar="FOLDER", help="Where exports and pull.json go.")
@click.option("--force", is_flag=True, help="Replace the folder if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print pull.json.")
def pull(name: str, url: str, token: str | None, out: str, force: bool, as_json: bool) -> None:
    """Fetch what was annotated of batch NAME: one export for each annotator, and pull.json.

    Nothing changes on the server. Bring each file into documents with `gonerd annotate import`. The
    token is taken from the environment variable LABEL_STUDIO_API_KEY.

    \b
    Examples:
      gonerd annotate pull pilot --url http://localhost:8080 --out pulled
      gonerd annotate import pulled/ann@x.example.json --documents sample.jsonl --out ann.jsonl
    """
    require_folder_to_write(Path(out), overwrite=force)
    with connect(url, token) as studio:
        report = pull_batch(studio, name, out, overwrite=force)
    for project in report["projects"]:
        note(
            f"{project['annotator']}: {counted(project['tasks'], 'task')}, "
            f"{project['imported']:,} annotated, {project['cancelled']:,} skipped, "
            f"{project['rejected']:,} rejected, {project['unannotated']:,} open"
        )
        if project["quarantined"]:
            note(
                f"{counted(project['quarantined'], 'task')} of them can't be trusted; import says why"
            )
        if project["drafts"]:
            note(
                f"begun and not submitted by {project['annotator']}: "
                f"{counted(project['drafts'], 'draft')}, which no export has"
            )
        if project["by_others"]:
            note(
                f"made by others in {project['annotator']}'s project: "
                f"{counted(project['by_others'], 'annotation')}"
            )
    note_halves(report["preannotation"])
    if as_json:
        print_json(report)
