"""`gonerd export`: documents in the form that other tools read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import click

from gonerd.align import MisalignedPolicy
from gonerd.cli.options import format_option, misaligned_option, scheme_option
from gonerd.cli.outgoing import outgoing, outgoing_options
from gonerd.console import counted, note, track
from gonerd.corpora import Format
from gonerd.options import dataset_option
from gonerd.schema import Document
from gonerd.schemes import Scheme

__all__ = ["export"]

Target = Literal["documents", "conll", "docbin", "brat", "prodigy"]


@click.command()
@click.argument("documents", required=False, metavar="[DOCUMENTS]")
@dataset_option
@click.option(
    "--out",
    required=True,
    help="The file to write, for BRAT the folder; .gz and .zst compress, - is stdout.",
)
@click.option(
    "--to",
    "target",
    type=click.Choice(get_args(Target)),
    required=True,
    help="Our JSON Lines, CoNLL columns, spaCy's DocBin, BRAT's folder, Prodigy's JSON Lines.",
)
@format_option
@click.option("--split", default="all", show_default=True, help="The split, if it is a dataset.")
@scheme_option
@misaligned_option
@outgoing_options
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
def export(
    documents: str | None,
    dataset: str | None,
    out: str,
    target: Target,
    form: Format,
    split: str,
    scheme: Scheme,
    on_misaligned: MisalignedPolicy,
    redact: bool,
    redact_seed: str | None,
    takedown_files: tuple[Path, ...],
    force: bool,
) -> None:
    """Write a corpus or a dataset in the form that another tool reads.

    What the form can't hold (subtypes in CoNLL, meta in BRAT) is told with its counts. Overlapping
    entities stay in every form but CoNLL, where --on-misaligned says what becomes of them.

    DOCUMENTS is what --dataset takes, or - for standard input; give one of the two.

    \b
    Examples:
      gonerd export sample --split test --to conll --out test.conll
      gonerd export sample --split train --to docbin --out train.spacy
      gonerd export annotated.jsonl --to brat --out brat
      gonerd export annotated.jsonl --to prodigy --out tasks.jsonl
      gonerd export train.conll --scheme iob1 --to documents --out train.jsonl.zst
      gonerd export sample --redact --to documents --out redacted.jsonl
    """
    from gonerd.align import fit_to_tokens
    from gonerd.corpora import write_brat, write_conll, write_docbin, write_prodigy
    from gonerd.dataset import dataset_or_default
    from gonerd.dataset.loading import corpus_documents
    from gonerd.errors import ConfigError
    from gonerd.files import require_file_to_write, require_folder_to_write
    from gonerd.records import write_documents

    def fitted(corpus: Iterable[Document], *, overlaps: bool) -> Iterator[Document]:
        for document in corpus:
            result, changes = fit_to_tokens(
                document, on_misaligned=on_misaligned, overlaps=overlaps
            )
            for change in changes:
                note(str(change))
            yield replace(document, entities=result.entities)

    if documents is not None and dataset is not None:
        raise click.UsageError("DOCUMENTS and --dataset name the same thing: give one of them")
    source = dataset_or_default(dataset) if documents is None else documents
    if target == "brat":
        if out == "-":
            raise ConfigError("--to brat writes a folder; expected its name for --out, found -")
        require_folder_to_write(Path(out), overwrite=force, inputs=[source])
    else:
        require_file_to_write(Path(out), overwrite=force, inputs=[source])
    corpus = corpus_documents(source, split, form=form, scheme=scheme)
    leaving = outgoing(
        corpus, redact=redact, redact_seed=redact_seed, takedown_files=takedown_files
    )
    tracked = track(leaving, "exporting")
    writers: dict[Target, Callable[[], int]] = {
        "documents": lambda: write_documents(out, tracked, overwrite=force),
        "conll": lambda: write_conll(
            out, fitted(tracked, overlaps=False), scheme=scheme, overwrite=force
        ),
        "docbin": lambda: write_docbin(out, fitted(tracked, overlaps=True), overwrite=force),
        "brat": lambda: write_brat(out, tracked, overwrite=force),
        "prodigy": lambda: write_prodigy(out, fitted(tracked, overlaps=True), overwrite=force),
    }
    count = writers[target]()
    note(f"{counted(count, 'document')} written to {out}")
