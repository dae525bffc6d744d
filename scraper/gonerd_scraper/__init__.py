"""The corpus builder: crawl, archive, extract, filter, deduplicate, sample."""
