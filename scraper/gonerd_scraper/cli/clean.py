"""`gonerd clean`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gonerd.console import note, print_json, print_text
from gonerd_scraper.cli.executor import executor_from_options, executor_options
from gonerd_scraper.cli.options import (
    documents_argument,
    force_option,
    json_option,
    takedown_option,
)

__all__ = ["clean"]

SMALL = 4 << 20
"""Bytes of input below which starting more processes takes longer than it saves."""


@click.command()
@documents_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for kept and rejected documents and the report.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    help="TOML file with thresholds; the rest stays as it is.",
)
@click.option(
    "--manual",
    "manual_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="CSV file with decisions of reviewers (gonerd review), which go before the rules; repeatable.",
)
@takedown_option
@click.option(
    "--explain",
    metavar="URL",
    help="Say why this one document (by address or id) is kept or not; writes nothing.",
)
@executor_options
@force_option
@json_option
def clean(
    documents: tuple[Path, ...],
    out: Path | None,
    rules: Path | None,
    manual_files: tuple[Path, ...],
    takedown_files: tuple[Path, ...],
    explain: str | None,
    executor: str | None,
    tasks: int | None,
    workers: int | None,
    sbatch: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Drop code, short and noisy text, other languages, paywalls, lists, boilerplate and duplicates.

    DOCUMENTS are JSON Lines files (.gz, .zst), `-` for standard input. The same command goes on where
    it was interrupted.

    \b
    Examples:
      gonerd clean crawl/documents.jsonl --out clean
      gonerd clean crawl/documents.jsonl --rules rules.toml --takedown list.txt --out clean --force
      gonerd clean crawl/documents.jsonl --manual decisions.csv --out clean --force
      gonerd clean crawl-*/documents.jsonl --workers 8 --tasks 32 --out clean
      gonerd clean crawl/documents.jsonl --explain https://www.justice.gov/opa/pr/some-release
    """
    from gonerd.takedown import Takedown
    from gonerd_scraper.cleaning.clean import clean_documents, summary_of_cleaning
    from gonerd_scraper.cleaning.explain import explain_document, explanation_text
    from gonerd_scraper.cleaning.filters import CleanRules
    from gonerd_scraper.cleaning.manual import ManualList
    from gonerd_scraper.config import read_config

    thresholds = read_config(CleanRules, rules)
    takedown, manual = Takedown.read(takedown_files), ManualList.read(manual_files)
    if explain is not None:
        found = explain_document(documents, explain, thresholds, takedown=takedown, manual=manual)
        print_json(found) if as_json else print_text(explanation_text(found))
        return
    if out is None:
        raise click.UsageError(
            "--out is missing; name the folder for the kept documents, or --explain a document"
        )
    report = clean_documents(
        documents,
        out,
        thresholds,
        force=force,
        executor=executor_from_options(
            executor, tasks, workers, sbatch, default_workers=_fitting_workers(documents)
        ),
        takedown=takedown,
        manual=manual,
    )
    if report["manual"]["changed"] or report["manual"]["unknown"]:
        note(
            f"of the manual list, {report['manual']['changed']} decisions are about a text that has changed, "
            f"{report['manual']['unknown']} about no document that is there; they were not followed"
        )
    if as_json:
        print_json(report)
    else:
        print_text(summary_of_cleaning(report, out))


def _fitting_workers(documents: tuple[Path, ...]) -> int:
    size = sum(path.stat().st_size for path in documents if path.is_file())
    return 1 if size < SMALL else len(os.sched_getaffinity(0))
