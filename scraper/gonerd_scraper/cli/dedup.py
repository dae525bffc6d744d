"""`gonerd dedup`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, print_json, print_text
from gonerd_scraper.cli.options import (
    documents_argument,
    json_option,
    takedown_option,
)

__all__ = ["dedup"]


@click.command()
@documents_argument
@click.option(
    "--threshold",
    type=click.FloatRange(0.1, 1),
    default=0.8,
    show_default=True,
    help="Jaccard similarity from which two documents are near-duplicates.",
)
@click.option(
    "--pairs-out",
    type=click.Path(path_type=Path, allow_dash=True),
    help="File for the pairs, {a, b, jaccard} a line.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True),
    help="File for the documents without the dropped ones, ordered by id.",
)
@click.option(
    "--min-repeats",
    type=click.IntRange(2),
    help="Do not compare paragraphs that stand on this many documents of a site.  [default: off]",
)
@takedown_option
@click.option("--force", is_flag=True, help="Replace the files where they exist.")
@json_option
def dedup(
    documents: tuple[Path, ...],
    threshold: float,
    pairs_out: Path | None,
    out: Path | None,
    min_repeats: int | None,
    takedown_files: tuple[Path, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Find near-duplicates: sets of 5-word shingles, each pair verified by its exact Jaccard similarity.

    DOCUMENTS are JSON Lines files with `id` and `text` (.gz, .zst), `-` for standard input. Of the
    pairs that are just as similar as the threshold, one in a thousand is missed on average; of the
    more similar ones next to none.

    \b
    Examples:
      gonerd dedup crawl/documents.jsonl --threshold 0.8 --pairs-out pairs.jsonl
      gonerd dedup a.jsonl b.jsonl.gz --out kept.jsonl --json
      gonerd dedup - --threshold 0.5 --pairs-out - < crawl/documents.jsonl
    """
    from gonerd.takedown import Takedown
    from gonerd_scraper.cleaning.dedup import deduplicate

    printed = [path for path in (pairs_out, out) if str(path) == "-"]
    if len(printed) + as_json > 1:
        raise click.UsageError("only one of --pairs-out -, --out - and --json can go to stdout")
    if out is not None and out == pairs_out:
        raise click.UsageError(f"--pairs-out and --out are both {out}; give two names")
    report = deduplicate(
        documents,
        threshold=threshold,
        pairs_out=pairs_out,
        out=out,
        min_repeats=min_repeats,
        takedown=Takedown.read(takedown_files),
        force=force,
    )
    if as_json:
        print_json(report)
    elif not printed:
        print_text(
            f"{counted(report['pairs'], 'pair')} of similarity {threshold:g} and more among "
            f"{counted(report['documents'], 'document')}; {report['dropped']} go, {report['kept']} stay"
        )
