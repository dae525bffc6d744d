"""The settings of a rebuild: those of a crawl, and where else pages are kept."""

from __future__ import annotations

from dataclasses import dataclass

from gonerd.errors import ConfigError
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.urls import is_web_url

__all__ = ["STEPS", "RebuildConfig"]

STEPS = ("warc", "commoncrawl", "wayback", "live")
"""Where a page is looked for, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildConfig(CrawlConfig):
    """How pages are found again; the settings of the crawl hold for every request."""

    steps: tuple[str, ...] = STEPS
    """Which of the places are asked; their order stays."""
    commoncrawl_index: str = "https://index.commoncrawl.org"
    """Address below which `collinfo.json` and the indexes of Common Crawl's main crawls lie."""
    commoncrawl_data: str = "https://data.commoncrawl.org"
    """Address below which Common Crawl's files lie."""
    wayback: str = "https://web.archive.org"
    """Address below which the Wayback Machine's `cdx/search/cdx` and `web/` lie."""
    crawls: int = 3
    """Main crawls whose index is asked, those nearest in time to the page's first fetch."""
    captures: int = 3
    """Different captures of one page that are tried at each archive, nearest in time first."""
    keep_drifted: bool = False
    """Keep pages that read differently now, marked in `meta["drifted"]`, where the same text is not found."""

    def __post_init__(self) -> None:
        CrawlConfig.__post_init__(self)
        unknown = [step for step in self.steps if step not in STEPS]
        if unknown or not self.steps:
            found = repr(unknown[0]) if unknown else "nothing"
            raise ConfigError(f"steps: found {found}, expected some of {', '.join(STEPS)}")
        for name in ("commoncrawl_index", "commoncrawl_data", "wayback"):
            if not is_web_url(getattr(self, name)):
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}, expected an http or https address"
                )
        for name in ("crawls", "captures"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")
