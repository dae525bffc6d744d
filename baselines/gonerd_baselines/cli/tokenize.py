"""`gonerd tokenize`: texts to memory-mapped tokens."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, print_json, print_text
from gonerd_baselines.cli.text_options import text_options

__all__ = ["tokenize"]


@click.command()
@text_options
@click.option(
    "--tokenizer",
    required=True,
    metavar="TOKENIZER",
    help="A folder, a tokenizer.json, a Hub id NAMESPACE/NAME[@REVISION], or 'newsroom'.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder of tokens to write."
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many tokenize at once; the bytes are the same for any number.",
)
@click.option(
    "--max-len",
    type=click.IntRange(1),
    default=None,
    help="Cut longer documents into pieces of so many tokens, special ones included.  "
    "[default: none is cut]",
)
@click.option(
    "--shard",
    type=click.IntRange(1),
    default=1 << 28,  # tokenizing.SHARD
    show_default=True,
    help="Tokens after which a new file begins.",
)
@click.option("--force", is_flag=True, help="Replace the folder, and what is left of another run.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def tokenize(
    texts: tuple[str, ...],
    unit: str,
    tokenizer: str,
    out: Path,
    processes: int,
    max_len: int | None,
    shard: int,
    force: bool,
    as_json: bool,
) -> None:
    """Tokenize texts once, into numbers that training maps into memory.

    TEXTS are plain text (.txt), JSON Lines with "text", each also as .gz, .xz or .zst, folders of them, or
    any corpus or dataset that gonerd reads. An interrupted run goes on when the same command runs again.

    \b
    Examples:
      gonerd tokenize distillation --tokenizer tokenizer --out tokens --processes 8
      gonerd tokenize books.txt.gz news.jsonl.zst --tokenizer roberta-base --max-len 4096 --out tokens
      gonerd tokenize sample --tokenizer newsroom --out tokens --json
    """
    from gonerd_baselines.tokens.tokenizing import tokenize_texts

    manifest = tokenize_texts(
        texts,
        out,
        tokenizer=tokenizer,
        processes=processes,
        max_len=max_len,
        unit=unit,  # type: ignore[arg-type]  # click has checked it
        shard=shard,
        overwrite=force,
    )
    if as_json:
        print_json(manifest)
        return
    said = f"{out}: {counted(manifest['tokens'], 'token')} of {counted(manifest['documents'], 'document')}"
    if manifest["texts_cut"]:
        said += f", of {counted(manifest['texts'], 'text')}, {manifest['texts_cut']:,} of them cut"
    if manifest["texts_empty"]:
        said += f"; {counted(manifest['texts_empty'], 'text')} without a token left out"
    print_text(said)
