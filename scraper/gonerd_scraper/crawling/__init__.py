"""Crawls, from sources or from the WARC files of others: archive, manifest, documents."""
