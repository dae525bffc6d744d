"""A crawl of two stories, made once, and its manifest."""

from __future__ import annotations

import shutil

import pytest

from gonerd.newsroom.server import serving
from tests.scraper.rebuilding.stories import URLS, stories
from tests.scraper.small_web import crawl


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """A crawl of two stories, made once."""
    out = tmp_path_factory.mktemp("crawled") / "crawl"
    with serving(stories()) as server:
        crawl(server.address, out, *URLS, follow=False)
    return out


@pytest.fixture
def manifest(crawled, tmp_path):
    """Its manifest alone, without the archive."""
    shutil.copy(crawled / "manifest.jsonl", tmp_path / "manifest.jsonl")
    return tmp_path / "manifest.jsonl"
