"""`gonerd sample`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gonerd.console import counted, note, print_json, print_text
from gonerd_scraper.cli.options import (
    documents_argument,
    draw_seed_option,
    force_option,
    json_option,
    takedown_option,
)

if TYPE_CHECKING:
    from gonerd_scraper.running.spool import DocumentFiles

__all__ = ["sample"]

PAPER = "paper"


@click.command()
@documents_argument
@click.option(
    "--n",
    type=click.IntRange(1),
    default=2237,
    show_default=True,
    help="Documents to draw; the paper has 2237.",
)
@click.option(
    "--weight",
    "weights",
    metavar="NAME=SHARE",
    multiple=True,
    help="Share of a kind of source, as justice=0.25, or a domain, as domain:ctvnews.ca=0.1; repeatable.",
)
@click.option(
    "--weights",
    "weights_file",
    metavar="FILE",
    help="TOML file of sources with the weights of domains, or `paper` for those of Table 10.",
)
@click.option(
    "--stratify",
    type=click.Choice(["length"]),
    help="Draw the lengths of each source as they are, by tenths, and not only on average.",
)
@click.option(
    "--lengths-of",
    type=click.Path(path_type=Path),
    help="With --stratify: follow the lengths of these documents.",
)
@draw_seed_option
@takedown_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    help="File for the drawn documents.",
)
@force_option
@json_option
def sample(
    documents: tuple[Path, ...],
    n: int,
    weights: tuple[str, ...],
    weights_file: str | None,
    stratify: str | None,
    lengths_of: Path | None,
    seed: int,
    takedown_files: tuple[Path, ...],
    out: Path,
    force: bool,
    as_json: bool,
) -> None:
    """Draw documents so that each kind of source, or domain, has its share.

    The same documents in any order and the same seed give the same file. Where there are too few
    documents of a source, fewer are drawn, and the shares stay. A document counts for its domain where
    that has a weight, else for its kind; kinds without a weight share the rest by their size.

    \b
    Examples:
      gonerd sample clean/documents.jsonl --n 2237 --weight justice=0.25 --seed 0 --out sample.jsonl
      gonerd sample clean/documents.jsonl --weights paper --stratify length --out sample.jsonl
      gonerd sample clean/documents.jsonl --weight domain:ctvnews.ca=0.1 --n 100 --out sample.jsonl
    """
    from gonerd.files import require_file_to_write
    from gonerd.records import read_documents
    from gonerd.takedown import Takedown
    from gonerd_scraper.cleaning.sampling import draw_sample, length_of
    from gonerd_scraper.running.spool import DocumentFiles, Spool, on_disk

    if lengths_of is not None and stratify is None:
        raise click.UsageError("--lengths-of goes with --stratify length")
    if as_json and str(out) == "-":
        raise click.UsageError("only one of --out - and --json can go to stdout")
    require_file_to_write(out, overwrite=force)
    takedown = Takedown.read(takedown_files)
    with on_disk(documents) as paths:
        files = DocumentFiles(paths, takedown)
        shares = _shares(weights_file, weights, files)
        drawn = draw_sample(
            files,
            n=n,
            weights=shares,
            seed=seed,
            by_length=stratify is not None,
            lengths=map(length_of, read_documents(lengths_of)) if lengths_of else None,
        )
        with Spool() as spool:
            for document in drawn.taken(files):
                spool.put(document)
            spool.write_sorted(out, overwrite=force)
    counts = ", ".join(
        f"{count} of {drawn.available.get(name, 0)} {name or 'without a source'}"
        for name, count in drawn.drawn.items()
    )
    if drawn.short:
        note(f"asked for {n} documents; {drawn.size} is the most that keeps the shares ({counts})")
    if as_json:
        print_json(
            {
                "asked": n,
                "documents": drawn.size,
                "drawn": dict(drawn.drawn),
                "available": dict(drawn.available),
                "weights": shares,
                "lengths": list(map(dict, drawn.lengths)),
                "taken_down": files.taken_down,
                "seed": seed,
            }
        )
    elif str(out) != "-":
        print_text(f"{counted(drawn.size, 'document')} ({counts}): {out}")


def _shares(path: str | None, options: Iterable[str], files: DocumentFiles) -> dict[str, float]:
    """The weights of `path`, where there are documents of the domain, and those of the options on top."""
    shares: dict[str, float] = {}
    if path is not None:
        from gonerd_scraper.cleaning.boilerplate import site_of
        from gonerd_scraper.cleaning.sampling import DOMAIN
        from gonerd_scraper.crawling.sources import DEFAULT_SOURCES, read_sources, weights_by_domain

        sources = read_sources(DEFAULT_SOURCES if path == PAPER else Path(path))
        known = set(map(site_of, files))
        found = weights_by_domain(sources)
        shares = {DOMAIN + name: share for name, share in found.items() if name in known}
        missing = sorted(set(found) - known)
        if missing:
            note(f"no document is of {', '.join(missing)}; their shares go to all others")
    given = list(map(_weight, options))
    twice = [name for name, count in Counter(name for name, _ in given).items() if count > 1]
    if twice:
        raise click.UsageError(f"--weight names {twice[0]} more than once")
    return shares | dict(given)


def _weight(option: str) -> tuple[str, float]:
    name, _, share = option.rpartition("=")
    try:
        return name, float(share)
    except ValueError:
        raise click.UsageError(
            f"--weight {option!r}: expected NAME=SHARE, as justice=0.25 or domain:ctvnews.ca=0.1"
        ) from None
