"""`gonerd rebuild`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text
from gonerd_scraper.cli.options import (
    connect_to_option,
    delay_option,
    json_option,
    settings_option,
    takedown_option,
    user_agent_option,
    workers_option,
)

__all__ = ["rebuild"]


@click.command()
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    required=True,
    help="Manifest of a crawl, or a published dataset: its folder, or a Parquet file of it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the documents; made, or gone on with.",
)
@click.option(
    "--archive",
    "archives",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Folder with WARC files, beside the manifest's own; repeatable.",
)
@click.option(
    "--from",
    "places",
    metavar="PLACES",
    help="Where to look, as warc,wayback.  [default: warc,commoncrawl,wayback,live]",
)
@click.option(
    "--keep-drifted",
    is_flag=True,
    default=None,
    help="Keep pages that read differently now, marked as drifted.",
)
@click.option("--allow-missing", is_flag=True, help="Succeed although documents are missing.")
@takedown_option
@click.option("--commoncrawl-index", help="Base address of Common Crawl's index.")
@click.option("--commoncrawl-data", help="Base address of Common Crawl's files.")
@click.option("--wayback", help="Base address of the Wayback Machine.")
@connect_to_option
@delay_option
@user_agent_option
@workers_option
@settings_option
@click.option("--force", is_flag=True, help="Begin anew: remove the rebuild that lies in --out.")
@json_option
def rebuild(
    manifest: Path,
    out: Path,
    archives: tuple[Path, ...],
    places: str | None,
    keep_drifted: bool | None,
    allow_missing: bool,
    takedown_files: tuple[Path, ...],
    commoncrawl_index: str | None,
    commoncrawl_data: str | None,
    wayback: str | None,
    connect_to: str | None,
    delay: float | None,
    user_agent: str | None,
    workers: int | None,
    config: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make the documents of a manifest again, each proven to be the same by its text's SHA-256.

    Pages come from the crawl's own WARC files, else from Common Crawl, else from the Wayback Machine,
    else from the web as it is. The same command in the same folder goes on where it was interrupted.
    Exit code 1: a document is missing, or reads differently now and is not kept.

    \b
    Examples:
      gonerd rebuild --manifest crawl/manifest.jsonl --out rebuilt
      gonerd rebuild --manifest manifest.jsonl --archive /data/cc-news --from warc,commoncrawl --out rebuilt
      gonerd rebuild --manifest manifest.jsonl --out rebuilt --keep-drifted --takedown removed.txt --json
    """
    from gonerd.errors import CheckError
    from gonerd.takedown import Takedown
    from gonerd_scraper.config import read_config
    from gonerd_scraper.rebuilding.config import RebuildConfig
    from gonerd_scraper.rebuilding.outputs import missing_of_report, summary_of_rebuild
    from gonerd_scraper.rebuilding.rebuild import rebuild_documents

    settings = read_config(
        RebuildConfig,
        config,
        steps=tuple(place.strip() for place in places.split(",")) if places is not None else None,
        keep_drifted=keep_drifted,
        commoncrawl_index=commoncrawl_index,
        commoncrawl_data=commoncrawl_data,
        wayback=wayback,
        connect_to=connect_to,
        delay=delay,
        user_agent=user_agent,
        workers=workers,
    )
    report = rebuild_documents(
        manifest,
        out,
        settings,
        archives=archives,
        takedown=Takedown.read(takedown_files),
        force=force,
        note=note,
    )
    if as_json:
        print_json(report)
    else:
        print_text(summary_of_rebuild(report, out))
    missing = missing_of_report(report)
    if missing and not allow_missing:
        raise CheckError(missing)
