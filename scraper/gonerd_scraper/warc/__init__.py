"""WARC files: written as a crawl goes, and read whoever wrote them."""
