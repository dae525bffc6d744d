"""`gonerd annotate push`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, note, print_json
from gonerd.options import takedown_option
from gonerd.takedown import Takedown
from gonerd_annotation.batch import Batch
from gonerd_annotation.cli.connection import connect, connection_options
from gonerd_annotation.cli.preannotation import (
    note_outgoing,
    preannotation_options,
    source_from_options,
)
from gonerd_annotation.pushing import push_documents, push_tasks

__all__ = ["push"]


@click.command()
@click.argument("documents")
@connection_options
@click.option(
    "--name", required=True, help="What the batch is called; `gonerd annotate pull` asks for it."
)
@click.option(
    "--annotator",
    "annotators",
    required=True,
    multiple=True,
    metavar="E-MAIL",
    help="Who annotates, by the account's address; repeatable.",
)
@click.option(
    "--overlap",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    metavar="SHARE",
    help="Share of documents that everyone gets; each of the others goes to one annotator.",
)
@preannotation_options
@click.option(
    "--tasks",
    "are_tasks",
    is_flag=True,
    help="DOCUMENTS are tasks that 'annotate adjudicate' or 'export' wrote; their predictions go along.",
)
@takedown_option
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Decides who gets what, in which order."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def push(
    documents: str,
    url: str,
    token: str | None,
    name: str,
    annotators: tuple[str, ...],
    overlap: float,
    spec: str | None,
    device: str,
    with_entities: bool,
    model_version: str | None,
    withheld: float,
    are_tasks: bool,
    takedown_files: tuple[Path, ...],
    seed: int,
    as_json: bool,
) -> None:
    """Put DOCUMENTS on a Label Studio server, a project for each annotator.

    They are a corpus file, a built folder, a Hub id, or sample.

    The same command again goes on where it broke off: what a project holds is not sent twice. The
    token is taken from the environment variable LABEL_STUDIO_API_KEY.

    \b
    Examples:
      gonerd annotate push sample.jsonl --url http://localhost:8080 --name pilot --annotator ann@x.example
      gonerd annotate push s.jsonl --url http://ls.example --name b2 --annotator a@x.example --model rules
      gonerd annotate push disputed.json --tasks --url http://ls.example --name b3 --annotator c@x.example
    """
    batch = Batch(name, annotators, overlap, seed)
    if are_tasks and (spec is not None or with_entities or withheld):
        raise click.UsageError(
            "--tasks sends the predictions of the tasks: no model, no --with-entities"
        )
    source = source_from_options(
        spec=spec,
        device=device,
        with_entities=with_entities,
        model_version=model_version,
        withheld=withheld,
        seed=seed,
    )
    takedown = Takedown.read(takedown_files)
    with connect(url, token) as studio:
        if are_tasks:
            report = push_tasks(documents, studio, batch, takedown=takedown)
        else:
            report = push_documents(documents, studio, batch, source=source, takedown=takedown)
    shared = f", {report['shared_documents']:,} of them for everyone" if len(annotators) > 1 else ""
    note(
        f"{counted(report['documents'], 'document')} for {counted(len(annotators), 'annotator')}{shared}"
    )
    for project in report["projects"]:
        there = f", {project['already_there']:,} were there" if project["already_there"] else ""
        note(
            f"project {project['id']} for {project['annotator']}: "
            f"{counted(project['sent'], 'task')} sent{there}"
        )
        if project["other_tasks"]:
            note(
                f"project {project['id']} holds {counted(project['other_tasks'], 'task')} more, "
                "which this batch did not put there"
            )
    if not are_tasks:
        note_outgoing(report)
    if as_json:
        print_json(report)
