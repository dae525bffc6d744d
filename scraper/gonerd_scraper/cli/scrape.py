"""`gonerd scrape`."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import note, print_json, print_text

__all__ = ["scrape"]


@click.command()
@click.argument("sources", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the crawl; made, or gone on with.",
)
@click.option(
    "--connect-to",
    metavar="HOST:PORT",
    help="Make every connection to this address, whatever the URLs name.",
)
@click.option("--delay", type=float, help="Seconds between requests to one host.  [default: 1]")
@click.option(
    "--max-pages", type=click.IntRange(1), help="Pages to fetch in all.  [default: no limit]"
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
@click.option("--user-agent", help="What the crawl calls itself; name and contact.")
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    help="Pages in hand at once over all hosts.  [default: 16]",
)
@click.option("--timeout", type=float, help="Seconds that one request may take.  [default: 30]")
@click.option(
    "--workers", type=click.IntRange(1), help="Processes that extract text.  [default: 2]"
)
@click.option(
    "--seed", type=int, help="Seed of the random part of waits before retries.  [default: 0]"
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file with any of the settings; options win.",
)
@click.option(
    "--warc",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Read pages from this WARC file, not from the web; repeatable.",
)
@click.option("--force", is_flag=True, help="Begin anew: remove the crawl that lies in --out.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
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
      gonerd scrape http://www.justice.example/ --connect-to 127.0.0.1:8080 --out crawl
      gonerd scrape --warc CC-NEWS-20240101000000-00001.warc.gz --out crawl
    """
    from gonerd_scraper.config import CrawlConfig, read_config
    from gonerd_scraper.scrape import scrape_sources, summary_of_report
    from gonerd_scraper.sources import sources_from_arguments
    from gonerd_scraper.warcs import scrape_warcs

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
        seed=seed,
    )
    if warc:
        if sources:
            raise click.UsageError("give SOURCES or --warc, not both")
        report = scrape_warcs(warc, out, settings, force=force, note=note)
    else:
        report = scrape_sources(sources_from_arguments(sources), out, settings, force=force)
    if as_json:
        print_json(report)
    else:
        print_text(summary_of_report(report, out))
