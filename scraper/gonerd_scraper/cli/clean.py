"""`gonerd clean`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gonerd.console import print_json, print_text

__all__ = ["clean"]


@click.command()
@click.argument("documents", type=click.Path(path_type=Path))
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
    "--explain",
    metavar="URL",
    help="Say why this one document (by address or id) is kept or not; writes nothing.",
)
@click.option("--force", is_flag=True, help="Replace --out where it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def clean(
    documents: Path,
    out: Path | None,
    rules: Path | None,
    explain: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Drop code, short and noisy text, other languages, paywalls, lists and duplicates.

    \b
    Examples:
      gonerd clean crawl/documents.jsonl --out clean
      gonerd clean crawl/documents.jsonl --rules rules.toml --out clean --force
      gonerd clean crawl/documents.jsonl --explain https://www.justice.gov/opa/pr/some-release
    """
    from gonerd_scraper.clean import clean_documents, explain_document, summary_of_cleaning
    from gonerd_scraper.config import read_config
    from gonerd_scraper.filters import CleanRules

    thresholds = read_config(CleanRules, rules)
    if explain is not None:
        found = explain_document(documents, explain, thresholds)
        print_json(found) if as_json else print_text(_explanation(found))
        return
    if out is None:
        raise click.UsageError(
            "--out is missing; name the folder for the kept documents, or --explain a document"
        )
    report = clean_documents(documents, out, thresholds, force=force)
    if as_json:
        print_json(report)
    else:
        print_text(summary_of_cleaning(report, out))


def _explanation(found: dict[str, Any]) -> str:
    lines = [f"{found['url'] or found['id']}: {'kept' if found['kept'] else 'dropped'}"]
    lines += [f"  {name:<10} {reason or 'passed'}" for name, reason in found["rules"].items()]
    lines += [f"  {name:<24} {value}" for name, value in found["measures"].items()]
    lines += [
        f"  similar to {other['id']} (Jaccard {other['jaccard']})" for other in found["similar"]
    ]
    if found["duplicate_of"]:
        lines.append(f"  a duplicate of {found['duplicate_of']}")
    return "\n".join(lines)
