"""`gonerd audit`: leaks between splits, likely label errors, a dataset against its own hashes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gonerd.cli.options import format_option, scheme_option
from gonerd.console import note, print_json, print_text
from gonerd.corpora import Format
from gonerd.errors import CheckError, ConfigError
from gonerd.options import dataset_option
from gonerd.schemes import Scheme

if TYPE_CHECKING:
    from gonerd.audit import Audit, Check

__all__ = ["audit"]

QUOTED = 3
"""Findings that are printed for each check; --json and --out have more."""


@click.command()
@click.argument("datasets", nargs=-1, metavar="[DATASET | [SPLIT=]FILE...]")
@dataset_option
@click.option("--out", metavar="FILE.html", help="Write a report with the texts in context there.")
@click.option(
    "--jaccard",
    type=float,
    default=0.5,
    show_default=True,
    help="Share of all their 5-word runs from which on two texts are near-duplicates.",
)
@click.option(
    "--containment",
    type=float,
    default=0.8,
    show_default=True,
    help="Share of the shorter text's runs from which on it is a reprint of the longer.",
)
@click.option(
    "--after",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Fail where a document of the test split is not dated after this day: the last of which a model's "
    "training data may be.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Findings to keep for each check; all are counted.",
)
@format_option
@scheme_option
@click.option("--force", is_flag=True, help="Replace the report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the audit as one JSON object.")
def audit(
    datasets: tuple[str, ...],
    dataset: str | None,
    out: str | None,
    jaccard: float,
    containment: float,
    after: datetime | None,
    examples: int,
    form: Format,
    scheme: Scheme,
    force: bool,
    as_json: bool,
) -> None:
    """Look for leaks between splits, for likely label errors, and for data that is not what it says.

    DATASET is a folder that 'gonerd build' wrote, a Hub id, or 'sample'. Corpus files are named by
    their splits; of one file alone duplicates are told, and none is a leak. Exits with 1 where a
    document, an address, a near-duplicate or a reprint stands in two splits, or where hashes, tags or
    counts do not agree.
    Likely label errors and dates that overlap are told; they fail nothing.

    \b
    Examples:
      gonerd audit sample
      gonerd audit train=train.jsonl test=test.jsonl --out report.html
      gonerd audit annotated.jsonl --json
      gonerd audit gonerd --after 2024-06-30
    """
    from gonerd.audit import audit_corpora, audit_dataset, report_html, splits_from_arguments
    from gonerd.dataset import dataset_or_default
    from gonerd.dataset.places import is_corpus_file
    from gonerd.files import require_file_to_write, write_text

    if out == "-":
        raise ConfigError("--out writes a page beside what is printed; expected a file, found -")
    if datasets and dataset is not None:
        raise click.UsageError("DATASET and --dataset name the same thing: give one of them")
    named = datasets or (dataset_or_default(dataset),)
    day = f"{after:%Y-%m-%d}" if after else None
    if out is not None:
        read = [*named, *(argument.partition("=")[2] for argument in named)]
        require_file_to_write(Path(out), overwrite=force, inputs=read)
    is_built = form == "auto" and "=" not in named[0] and not is_corpus_file(named[0])
    if len(named) == 1 and is_built:
        done = audit_dataset(
            named[0], jaccard=jaccard, containment=containment, limit=examples, after=day
        )
    else:
        done = audit_corpora(
            splits_from_arguments(named),
            form=form,
            scheme=scheme,
            jaccard=jaccard,
            containment=containment,
            limit=examples,
            after=day,
        )
    if out is not None:
        write_text(Path(out), report_html(done), overwrite=force)
        note(f"report written to {out}")
    if as_json:
        print_json(done.as_json())
    else:
        print_text("\n".join(_lines(done)))
    if done.failed:
        titles = ", ".join(check.name for check in done.failed)
        raise CheckError(f"{done.name}: the audit failed ({titles})")


def _lines(audit: Audit) -> Iterator[str]:
    splits = ", ".join(f"{name} {count:,}" for name, count in audit.splits.items())
    yield f"{audit.name}: {splits} documents"
    for check in audit.checks:
        yield f"{check.verdict:8} {check.title}{_count(check)}"
        for finding in check.findings[:QUOTED]:
            yield f"           {finding.said}"
        if check.findings and check.count > QUOTED:
            yield f"           and {check.count - QUOTED:,} more"


def _count(check: Check) -> str:
    if check.skipped:
        return f": {check.skipped}"
    if check.kind == "leak" and check.count:
        return f": {check.count:,}, {check.failures:,} between splits"
    return f": {check.count:,}" if check.count else ""
