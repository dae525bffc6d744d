"""`gonerd tokenizer`: subword tokenizers of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, print_json, print_text
from gonerd_baselines.cli.text_options import text_options

__all__ = ["tokenizer"]


@click.group()
def tokenizer() -> None:
    """Make a tokenizer.

    \b
    Examples:
      gonerd tokenizer train texts.jsonl.zst --out tokenizer
    """


@tokenizer.command()
@text_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder to write; transformers' AutoTokenizer opens it.",
)
@click.option(
    "--vocab-size",
    type=click.IntRange(1),
    default=50_265,  # tokenizer_training.VOCABULARY
    show_default=True,
    help="Entries of the vocabulary at most, special tokens and 256 bytes included.",
)
@click.option(
    "--min-frequency",
    type=click.IntRange(1),
    default=2,  # tokenizer_training.MIN_FREQUENCY
    show_default=True,
    help="How often a pair has to come to be merged.",
)
@click.option(
    "--special",
    multiple=True,
    metavar="TOKEN",
    help="A special token beside RoBERTa's five; may be repeated.",
)
@click.option("--force", is_flag=True, help="Replace the folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def train(
    texts: tuple[str, ...],
    unit: str,
    out: Path,
    vocab_size: int,
    min_frequency: int,
    special: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Learn a byte-level BPE, of RoBERTa's kind, from texts.

    TEXTS are plain text (.txt), JSON Lines with "text", each also as .gz, .xz or .zst, folders of them, or
    any corpus or dataset that gonerd reads. The same texts give the same bytes.

    \b
    Examples:
      gonerd tokenizer train distillation --out tokenizer
      gonerd tokenizer train books.txt.gz news.jsonl.zst --vocab-size 16000 --out tokenizer --json
      gonerd tokenizer train sample --special "<doc>" --out tokenizer
    """
    from gonerd_baselines.tokens.tokenizer_training import train_tokenizer

    report = train_tokenizer(
        texts,
        out,
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special=special,
        unit=unit,  # type: ignore[arg-type]  # click has checked it
        overwrite=force,
    )
    if as_json:
        print_json(report)
    else:
        print_text(
            f"{out}: a vocabulary of {report['vocabulary']:,}, learned from "
            f"{counted(report['texts'], 'text')} ({counted(report['characters'], 'character')})"
        )
