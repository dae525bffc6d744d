"""`gonerd review`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import counted, print_json, print_text
from gonerd_scraper.cli.options import (
    draw_seed_option,
    force_option,
    json_option,
    takedown_option,
)

__all__ = ["review"]


@click.command()
@click.argument("clean", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for sheet.csv, review.html and review.json.",
)
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    multiple=True,
    help="What CLEAN was made from; repeatable.  [default: as CLEAN/inputs.json says]",
)
@click.option(
    "--per-rule",
    type=click.IntRange(1),
    help="Draw this many documents for each rule.  [default: all]",
)
@click.option(
    "--near",
    type=click.FloatRange(0),
    default=0.1,
    show_default=True,
    help="Show kept documents with a value this near to its threshold, as a share of it.",
)
@click.option("--dropped-only", is_flag=True, help="Show no kept documents.")
@draw_seed_option
@takedown_option
@force_option
@json_option
def review(
    clean: Path,
    out: Path,
    documents: tuple[Path, ...],
    per_rule: int | None,
    near: float,
    dropped_only: bool,
    seed: int,
    takedown_files: tuple[Path, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Make a sheet for reviewers: what was dropped, and what was kept by a hair.

    CLEAN is a folder that `gonerd clean` made. Open review.html in a browser, decide with k and d, export
    the decisions; or fill in the column `decision` of sheet.csv. `gonerd clean --manual` reads both.

    \b
    Examples:
      gonerd review clean --out review
      gonerd review clean --per-rule 25 --seed 1 --out review
      gonerd clean crawl/documents.jsonl --manual decisions.csv --out clean --force
    """
    from gonerd.takedown import Takedown
    from gonerd_scraper.cleaning.review import review_documents

    report = review_documents(
        clean,
        out,
        documents=documents,
        per_rule=per_rule,
        near=None if dropped_only else near,
        seed=seed,
        takedown=Takedown.read(takedown_files),
        force=force,
    )
    if as_json:
        print_json(report)
        return
    rules = ", ".join(f"{rule} {count}" for rule, count in report["by_rule"].items())
    print_text(
        f"{counted(report['documents'], 'document')} to look at, {report['dropped']} dropped and "
        f"{report['kept']} kept ({rules})\nopen {out / 'review.html'}, or fill in {out / 'sheet.csv'}"
    )
