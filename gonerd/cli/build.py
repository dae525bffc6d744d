"""`gonerd build`: annotated documents to a dataset folder."""

from __future__ import annotations

import re
from pathlib import Path

import click

from gonerd.align import MisalignedPolicy
from gonerd.cli.options import format_option, misaligned_option, scheme_option
from gonerd.cli.outgoing import outgoing, outgoing_options
from gonerd.console import counted, note, print_json, print_text, track
from gonerd.corpora import Format, read_corpus
from gonerd.labels import LABELS
from gonerd.schemes import Scheme

__all__ = ["build"]

VERSION = re.compile(r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)")


@click.command()
@click.argument("documents", metavar="DOCUMENTS")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--name", default=None, help="The dataset's name.  [default: the folder's]")
@format_option
@scheme_option
@misaligned_option
@outgoing_options
@click.option(
    "--seed", type=int, help="Decides the splits.  [default: the previous dataset's, or 0]"
)
@click.option(
    "--previous",
    metavar="DATASET",
    help="Its documents keep their splits; 'none' splits all anew.  [default: what --force replaces]",
)
@click.option(
    "--window-tokenizer",
    "window",
    metavar="NAME|PATH",
    default="newsroom",
    show_default=True,
    help="What measures the common window of 4,096 subwords: a model on the Hub "
    "(FacebookAI/roberta-base is the paper's), a tokenizer.json, a folder, or the small one that ships.",
)
@click.option(
    "--shard-size",
    "shard_mb",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    metavar="MB",
    help="The most that a Parquet file may take, in millions of bytes.",
)
@click.option(
    "--version",
    default="1.0.0",
    show_default=True,
    help="The dataset's version, major.minor.patch: what gonerd publish tags.",
)
@click.option(
    "--agreement",
    type=click.Path(path_type=Path),
    help="What gonerd annotate agree --json printed, for the card.",
)
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
    seed: int | None,
    previous: str | None,
    window: str,
    shard_mb: int,
    version: str,
    agreement: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Build a dataset folder that plain datasets.load_dataset opens.

    DOCUMENTS is a file (.gz and .zst as well), a folder of BRAT, or - for standard input. Documents without
    tokens are tokenized by spaCy's English tokenizer. Ages, addresses and phone numbers stay in the texts
    unless --redact puts surrogates for those that are annotated; the card says which of the two was done.

    A document's split depends on its near-duplicate cluster and the seed alone. Documents that are added
    move none of the others, also where they rename a cluster: the dataset that --force replaces, or
    --previous, says where each was.

    \b
    Examples:
      gonerd build annotated.jsonl --out gonerd
      gonerd build train.conll --scheme iob1 --on-misaligned snap --out data/mine
      gonerd build annotated.jsonl --version 1.1.0 --agreement agreement.json --out gonerd
      gonerd build annotated.jsonl --redact --takedown requests.txt --out data/redacted
      gonerd build more.jsonl --previous giant-oak/gonerd@v1 --out data/next
      gonerd build annotated.jsonl --window-tokenizer FacebookAI/roberta-base --out data/windows
      gonerd newsroom gold --articles 50 --out - | gonerd build - --out data/tiny
    """
    from gonerd.dataset import build_dataset
    from gonerd.dataset.agreement import read_agreement
    from gonerd.files import require_folder_to_write

    if not VERSION.fullmatch(version):
        raise click.UsageError(f"--version is {version!r}, expected major.minor.patch as in 1.0.0")
    measured = None if agreement is None else read_agreement(agreement)
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
        window=window,
        previous=previous,
        shard_mb=shard_mb,
        version=version,
        agreement=measured,
        overwrite=force,
    )
    for change in changes:
        note(str(change))
    if facts.unclustered:
        note(
            f"{facts.unclustered:,} of {sum(facts.documents.values()):,} documents have no cluster "
            "(gonerd clean gives them one): near-duplicates among them may be parted by the splits"
        )
    if facts.parted_clusters:
        note(
            f"{counted(facts.parted_clusters, 'cluster')} of near-duplicates with documents in several "
            f"splits of the previous dataset: those keep their places, {counted(facts.left_out, 'document')} "
            "that came now had none and "
            + ("is" if facts.left_out == 1 else "are")
            + " left out"
            + (f" (listed in {out}/left_out.jsonl)" if facts.left_out else "")
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
