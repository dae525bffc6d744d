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
from gonerd.options import dataset_option
from gonerd.schema import Document
from gonerd.schemes import Scheme

__all__ = ["export"]


@click.command()
@click.argument("documents", required=False, metavar="[DOCUMENTS]")
@dataset_option
@click.option("--out", required=True, help="The file to write; .gz and .zst compress, - is stdout.")
@click.option(
    "--to",
    "target",
    type=click.Choice(["documents", "conll"]),
    required=True,
    help="Our JSON Lines, or CoNLL columns.",
)
@format_option
@click.option("--split", default="all", show_default=True, help="The split, if it is a dataset.")
@scheme_option
@misaligned_option
@outgoing_options
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def export(
    documents: str | None,
    dataset: str | None,
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

    DOCUMENTS is what --dataset takes, or - for standard input; give one of the two.

    \b
    Examples:
      gonerd export sample --split test --to conll --out test.conll
      gonerd export train.conll --scheme iob1 --to documents --out train.jsonl.zst
      gonerd export sample --redact --to documents --out redacted.jsonl
    """
    from gonerd.align import fit_to_tokens
    from gonerd.corpora import read_corpus, write_conll
    from gonerd.dataset import dataset_or_default, documents_of
    from gonerd.dataset.places import is_corpus_file
    from gonerd.records import write_documents

    def fitted(corpus: Iterable[Document]) -> Iterable[Document]:
        for document in corpus:
            result, changes = fit_to_tokens(document, on_misaligned=on_misaligned)
            for change in changes:
                note(str(change))
            yield replace(document, entities=result.entities) if document.tokens is None else result

    if documents is not None and dataset is not None:
        raise click.UsageError("DOCUMENTS and --dataset name the same thing: give one of them")
    source = dataset_or_default(dataset) if documents is None else documents
    corpus = (
        read_corpus(source, form=form, scheme=scheme)
        if is_corpus_file(source)
        else documents_of(source, split)
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
