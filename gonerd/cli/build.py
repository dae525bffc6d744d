"""`gonerd build`: annotated documents to a dataset folder."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.align import MisalignedPolicy
from gonerd.cli.options import format_option, misaligned_option, scheme_option
from gonerd.cli.outgoing import outgoing, outgoing_options
from gonerd.console import note, print_json, print_text, track
from gonerd.corpora import Format, read_corpus
from gonerd.labels import LABELS
from gonerd.schemes import Scheme

__all__ = ["build"]


@click.command()
@click.argument("documents", metavar="DOCUMENTS")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--name", default=None, help="The dataset's name.  [default: the folder's]")
@format_option
@scheme_option
@misaligned_option
@outgoing_options
@click.option("--seed", type=int, default=0, show_default=True, help="Decides the splits.")
@click.option("--force", is_flag=True, help="Replace the folder if it exists.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the dataset's facts as one JSON object."
)
def build(
    documents: str,
    out: Path,
    name: str | None,
    form: Format,
    scheme: Scheme,
    on_misaligned: MisalignedPolicy,
    redact: bool,
    redact_seed: str | None,
    takedown_files: tuple[Path, ...],
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """Build a dataset folder that plain datasets.load_dataset opens.

    DOCUMENTS is a file (.gz and .zst as well) or - for standard input. Documents without tokens are
    tokenized by spaCy's English tokenizer. Ages, addresses and phone numbers stay in the texts unless
    --redact puts surrogates for those that are annotated; the card says which of the two was done.

    \b
    Examples:
      gonerd build annotated.jsonl --out gonerd
      gonerd build train.conll --scheme iob1 --on-misaligned snap --out data/mine
      gonerd build annotated.jsonl --redact --takedown requests.txt --out data/redacted
      gonerd newsroom gold --articles 50 --out - | gonerd build - --out data/tiny
    """
    from gonerd.dataset import build_dataset
    from gonerd.files import require_folder_to_write

    require_folder_to_write(out, overwrite=force, inputs=[documents])
    corpus = outgoing(
        read_corpus(documents, form=form, scheme=scheme, labels=LABELS),
        redact=redact,
        redact_seed=redact_seed,
        takedown_files=takedown_files,
    )
    facts, changes = build_dataset(
        track(corpus, "building"),
        out,
        name=name or out.resolve().name,
        seed=seed,
        on_misaligned=on_misaligned,
        overwrite=force,
    )
    for change in changes:
        note(str(change))
    if facts.unclustered:
        note(
            f"{facts.unclustered:,} of {sum(facts.documents.values()):,} documents have no cluster "
            "(gonerd clean gives them one): near-duplicates among them may be parted by the splits"
        )
    if as_json:
        print_json(facts.as_json())
        return
    sizes = ", ".join(f"{count:,} {split}" for split, count in facts.documents.items())
    print_text(
        f"{out}: {sizes}; {sum(facts.words.values()):,} tokens, {sum(facts.entities.values()):,} entities"
    )
    if changes:
        print_text(
            f"{len(changes)} entities did not fit the tokens: {out}/misaligned.jsonl lists them"
        )
