"""`gonerd annotate export`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json
from gonerd.options import takedown_option
from gonerd.takedown import Takedown
from gonerd_annotation.cli.preannotation import (
    note_outgoing,
    preannotation_options,
    source_from_options,
)
from gonerd_annotation.export import export_tasks

__all__ = ["export"]


@click.command()
@click.argument("documents")
@click.option("--out", required=True, metavar="FILE", help="Where the tasks go, a JSON array.")
@preannotation_options
@takedown_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of --no-preannotation.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
def export(
    documents: str,
    out: str,
    spec: str | None,
    device: str,
    with_entities: bool,
    model_version: str | None,
    withheld: float,
    takedown_files: tuple[Path, ...],
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Write DOCUMENTS as tasks that Label Studio imports: a corpus file, a built folder, a Hub id, or sample.

    \b
    Examples:
      gonerd annotate export sample.jsonl --out tasks.json
      gonerd annotate export sample.jsonl --out tasks.json --model rules --no-preannotation 0.5
      gonerd annotate export tagged.jsonl --out tasks.json --with-entities --model-version rules-1
    """
    source = source_from_options(
        spec=spec,
        device=device,
        with_entities=with_entities,
        model_version=model_version,
        withheld=withheld,
        seed=seed,
    )
    report = export_tasks(
        documents,
        out,
        source=source,
        takedown=Takedown.read(takedown_files),
        overwrite=force,
    )
    note(f"{counted(report['tasks'], 'task')} in {out}")
    note_outgoing(report)
    if as_json:
        print_json(report)
