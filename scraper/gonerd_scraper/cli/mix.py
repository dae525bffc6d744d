"""`gonerd mix`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import print_json, print_text
from gonerd_scraper.cli.options import (
    force_option,
    json_option,
    plain_option,
    takedown_option,
)

__all__ = ["mix"]


@click.command()
@click.argument("name", metavar="MIX")
@click.option(
    "--oscar",
    type=click.Path(path_type=Path),
    multiple=True,
    help="OSCAR, or what `gonerd oscar` drew.",
)
@click.option(
    "--bookcorpus",
    type=click.Path(path_type=Path),
    multiple=True,
    help="BookCorpus: text files, JSON Lines or Parquet.",
)
@click.option(
    "--wikipedia",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Wikipedia: JSON Lines, Parquet, or what WikiExtractor wrote.",
)
@click.option(
    "--cc-news",
    type=click.Path(path_type=Path),
    multiple=True,
    help="CC-News: JSON Lines or Parquet, or documents of `gonerd clean`.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--shares",
    metavar="PART=SHARE,...",
    help="Shares of the characters, as OSCAR=0.7,BC=0.3.  [default: all of every part, once]",
)
@click.option("--characters", type=click.IntRange(1), help="About how many characters in all.")
@click.option(
    "--book-unit",
    type=click.Choice(["sentence", "book"]),
    default="sentence",
    show_default=True,
    help="What a document of BookCorpus in text files is.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of order and choice.")
@takedown_option
@plain_option
@force_option
@json_option
def mix(
    name: str,
    oscar: tuple[Path, ...],
    bookcorpus: tuple[Path, ...],
    wikipedia: tuple[Path, ...],
    cc_news: tuple[Path, ...],
    out: Path,
    shares: str | None,
    characters: int | None,
    book_unit: str,
    seed: int,
    takedown_files: tuple[Path, ...],
    plain: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Mix text corpora for distillation, by the names of the paper's Table 8.

    MIX is OSCAR+BC, OSCAR+WIKI, BC+WIKI, OSCAR, WIKI, BC, or BC+WIKI+CCNEWS. Each part's option names
    its files or folders and may be repeated. Every document comes once, in an order that the seed
    decides, unless --shares or --characters ask for less.

    \b
    Examples:
      gonerd mix OSCAR+BC --oscar distillation --bookcorpus books --out mixes/oscar-bc
      gonerd mix OSCAR+WIKI --oscar distillation --wikipedia wiki --shares OSCAR=0.7,WIKI=0.3 --out mix
      gonerd mix BC --bookcorpus books --book-unit book --characters 100000000 --out mixes/bc
    """
    from gonerd.takedown import Takedown
    from gonerd_scraper.distillation.mixes import Mix
    from gonerd_scraper.distillation.mixing import summary_of_mix, write_mix

    pairs = [] if shares is None else [_share(option) for option in shares.split(",")]
    if len(dict(pairs)) < len(pairs):
        raise click.UsageError(f"--shares {shares!r} names a part twice")
    given = {"OSCAR": oscar, "BC": bookcorpus, "WIKI": wikipedia, "CCNEWS": cc_news}
    wanted = Mix(
        name=name,
        paths={part: paths for part, paths in given.items() if paths},
        seed=seed,
        shares=None if shares is None else dict(pairs),
        characters=characters,
        book_unit="book" if book_unit == "book" else "sentence",
        takedown=Takedown.read(takedown_files),
    )
    report = write_mix(wanted, out, compress=not plain, force=force)
    print_json(report) if as_json else print_text(summary_of_mix(report, out))


def _share(option: str) -> tuple[str, float]:
    part, _, share = option.partition("=")
    try:
        return part.strip().upper(), float(share)
    except ValueError:
        raise click.UsageError(f"--shares {option!r}: expected PART=SHARE, as BC=0.3") from None
