"""`gonerd export`: documents in the form that other tools read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from gonerd.align import MisalignedPolicy
from gonerd.cli.options import format_option, misaligned_option, scheme_option
from gonerd.cli.outgoing import outgoing, outgoing_options
from gonerd.console import note, track
from gonerd.corpora import Format
from gonerd.schema import Document
from gonerd.schemes import Scheme

__all__ = ["export"]


@click.command()
@click.argument("documents", metavar="DOCUMENTS")
@click.option("--out", required=True, help="The file to write; .gz and .zst compress, - is stdout.")
@click.option(
    "--to",
    "target",
    type=click.Choice(["documents", "conll"]),
    required=True,
    help="Our JSON Lines, or CoNLL columns.",
)
@format_option
@click.option(
    "--split", default="all", show_default=True, help="The split, if DOCUMENTS is a dataset."
)
@scheme_option
@misaligned_option
@outgoing_options
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def export(
    documents: str,
    out: str,
    target: str,
    form: Format,
    split: str,
    scheme: Scheme,
    on_misaligned: MisalignedPolicy,
    redact: bool,
    redact_seed: str | None,
    takedown_files: tuple[Path, ...],
    force: bool,
) -> None:
    """Write a corpus file or a dataset as JSON Lines or CoNLL columns.

    \b
    Examples:
      gonerd export sample --split test --to conll --out test.conll
      gonerd export train.conll --scheme iob1 --to documents --out train.jsonl.zst
      gonerd export sample --redact --to documents --out redacted.jsonl
    """
    from gonerd.align import fit_to_tokens
    from gonerd.corpora import read_corpus, write_conll
    from gonerd.dataset import documents_of
    from gonerd.records import write_documents

    def fitted(corpus: Iterable[Document]) -> Iterable[Document]:
        for document in corpus:
            result, changes = fit_to_tokens(document, on_misaligned=on_misaligned)
            for change in changes:
                note(str(change))
            yield replace(document, entities=result.entities) if document.tokens is None else result

    is_dataset = documents == "sample" or Path(documents).is_dir()
    corpus = (
        documents_of(documents, split)
        if is_dataset
        else read_corpus(documents, form=form, scheme=scheme)
    )
    leaving = outgoing(
        corpus, redact=redact, redact_seed=redact_seed, takedown_files=takedown_files
    )
    tracked = track(leaving, "exporting")
    if target == "conll":
        count = write_conll(out, fitted(tracked), scheme=scheme, overwrite=force)
    else:
        count = write_documents(out, tracked, overwrite=force)
    note(f"{count:,} documents written to {out}")
