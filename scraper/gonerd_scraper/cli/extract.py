"""`gonerd extract`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gonerd.console import note, print_json, print_text
from gonerd_scraper.cli.options import (
    connect_to_option,
    settings_option,
    takedown_option,
    timeout_option,
    user_agent_option,
)

__all__ = ["extract"]


@click.command()
@click.argument("page", metavar="FILE|URL")
@click.option(
    "--url", help="Address that the page in FILE came from; links are made absolute by it."
)
@connect_to_option
@user_agent_option
@timeout_option
@takedown_option
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def extract(
    page: str,
    url: str | None,
    connect_to: str | None,
    user_agent: str | None,
    timeout: float | None,
    takedown_files: tuple[Path, ...],
    config: Path | None,
    as_json: bool,
) -> None:
    """Take the text of an article, title, authors, date and links out of one page.

    The page is a FILE (`-`: standard input) or a URL. A URL is fetched as by a crawl: robots.txt,
    reservations and ai.txt are respected, addresses that are not public are refused. The text goes to
    stdout and what is known about it to stderr; with --json, all is one object on stdout, with a
    reason where there is no text.

    \b
    Examples:
      gonerd extract page.html
      gonerd extract page.html --url https://www.justice.gov/opa/pr/some-release --json
      gonerd extract https://www.justice.gov/opa/pr/some-release --json
      curl -s https://www.justice.gov/news | gonerd extract - --json
      gonerd extract http://www.justice.example/ --connect-to 127.0.0.1:8080
    """
    from gonerd.errors import InputError
    from gonerd.takedown import Takedown
    from gonerd_scraper.config import CrawlConfig, read_config
    from gonerd_scraper.crawling.single import extract_file, extract_url

    settings = read_config(
        CrawlConfig, config, connect_to=connect_to, user_agent=user_agent, timeout=timeout
    )
    takedown = Takedown.read(takedown_files)
    if page.lower().startswith(("http://", "https://")):
        if url is not None:
            raise click.UsageError("--url tells where a FILE came from; a URL says it itself")
        found = extract_url(page, config=settings, takedown=takedown)
    else:
        found = extract_file(page, url=url, config=settings, takedown=takedown)
    if as_json:
        print_json(found)
        return
    if not found["text"]:
        raise InputError(f"{page}: no text: {found['reason']}: {found['detail']}")
    note(_head(found))
    print_text(found["text"])


def _head(found: dict[str, Any]) -> str:
    """What is known about a text, a line each."""
    lines = {
        "Title": found["title"],
        "Authors": "; ".join(found["authors"]),
        "Date": found["date"],
        "Language": found["language"],
        "Address": found["canonical"] or found["final_url"],
        "Links": str(len(found["links"])),
        "Extractor": f"{found['extractor']['name']} {found['extractor']['version']}",
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
