"""The corpus builder: crawl, archive, extract, filter, deduplicate, sample."""

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.scrape import scrape_sources
from gonerd_scraper.sources import Source

__all__ = ["CrawlConfig", "Source", "scrape_sources"]
