"""`gonerd scrape`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text
from gonerd_scraper.cli.executor import cluster_options, executor_from_options
from gonerd_scraper.cli.options import (
    connect_to_option,
    delay_option,
    json_option,
    settings_option,
    takedown_option,
    timeout_option,
    user_agent_option,
    workers_option,
)

__all__ = ["scrape"]


@click.command()
@click.argument("sources", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the crawl; made, or gone on with.",
)
@connect_to_option
@delay_option
@click.option(
    "--max-pages",
    type=click.IntRange(1),
    help="Pages to fetch in all, shared out by the weights of the sources.  [default: no limit]",
)
@click.option(
    "--max-pages-per-host",
    type=click.IntRange(1),
    help="Pages to fetch from one host.  [default: 5000]",
)
@click.option(
    "--follow/--no-follow",
    default=None,
    help="Discover pages by sitemaps, feeds and links, or fetch the seeds only.  [default: follow]",
)
@user_agent_option
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    help="Pages in hand at once over all hosts.  [default: 16]",
)
@timeout_option
@workers_option
@click.option(
    "--seed", type=int, help="Seed of the random part of waits before retries.  [default: 0]"
)
@settings_option
@click.option(
    "--warc",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Read pages from this WARC file, folder or pattern, not from the web; repeatable.",
)
@cluster_options
@takedown_option
@click.option(
    "--again",
    is_flag=True,
    help="Crawl what lies in --out once more: ask whether pages changed, look for new ones.",
)
@click.option(
    "--shard",
    metavar="R/N",
    help="Crawl the R-th (from 0) of N parts, by registered domain, into a folder below --out.",
)
@click.option("--force", is_flag=True, help="Begin anew: remove the crawl that lies in --out.")
@json_option
def scrape(
    sources: tuple[str, ...],
    out: Path,
    connect_to: str | None,
    delay: float | None,
    max_pages: int | None,
    max_pages_per_host: int | None,
    follow: bool | None,
    user_agent: str | None,
    concurrency: int | None,
    timeout: float | None,
    workers: int | None,
    seed: int | None,
    config: Path | None,
    warc: tuple[Path, ...],
    executor: str | None,
    tasks: int | None,
    sbatch: tuple[str, ...],
    takedown_files: tuple[Path, ...],
    again: bool,
    shard: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Fetch news pages politely into WARC files, a manifest and documents.

    SOURCES are URLs, .toml files with [[source]] tables, or text files with one URL a line; without
    any, the domains that the paper names. The same command in the same folder goes on where it was
    interrupted.

    \b
    Examples:
      gonerd scrape https://www.justice.gov/news --max-pages 20 --out crawl
      gonerd scrape sources.toml --out crawl --delay 2
      gonerd scrape sources.toml --out crawl --again
      gonerd scrape sources.toml --out crawl --shard 0/4
      gonerd scrape http://www.justice.example/ --connect-to 127.0.0.1:8080 --out crawl
      gonerd scrape --warc CC-NEWS-20240101000000-00001.warc.gz --out crawl
      gonerd scrape --warc cc-news/2024/01 --executor ray --tasks 64 --workers 16 --out crawl
    """
    from gonerd.takedown import Takedown
    from gonerd_scraper.config import CrawlConfig, read_config
    from gonerd_scraper.crawling.scrape import crawl_folder, scrape_sources, summary_of_report
    from gonerd_scraper.crawling.sources import sources_from_arguments
    from gonerd_scraper.crawling.warcs import scrape_warcs

    settings = read_config(
        CrawlConfig,
        config,
        connect_to=connect_to,
        delay=delay,
        max_pages=max_pages,
        max_pages_per_host=max_pages_per_host,
        follow=follow,
        user_agent=user_agent,
        concurrency=concurrency,
        timeout=timeout,
        workers=workers,
        shard=shard,
        seed=seed,
    )
    if warc:
        if again or shard is not None:
            raise click.UsageError("--again and --shard are for a crawl of the web, not for --warc")
        if any("://" in source or source.endswith(".toml") for source in sources):
            raise click.UsageError("give SOURCES or --warc, not both")
        report = scrape_warcs(
            [*warc, *map(Path, sources)],  # what a shell makes of --warc *.warc.gz
            out,
            settings,
            force=force,
            executor=executor_from_options(executor, tasks, settings.workers, sbatch)
            if executor or tasks or sbatch
            else None,
            takedown=Takedown.read(takedown_files),
            note=note,
        )
    elif executor or tasks or sbatch:
        raise click.UsageError("--executor, --tasks and --sbatch go with --warc")
    else:
        report = scrape_sources(
            sources_from_arguments(sources),
            out,
            settings,
            force=force,
            again=again,
            takedown=Takedown.read(takedown_files),
        )
    if as_json:
        print_json(report)
    else:
        print_text(summary_of_report(report, crawl_folder(out, settings)))
