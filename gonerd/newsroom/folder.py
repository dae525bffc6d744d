"""What the newsroom knows of itself, as files: gold documents, truth, and the sources to crawl."""

from __future__ import annotations

import json
from pathlib import Path

from gonerd.files import folder_to_write, write_text
from gonerd.newsroom.sites import SITES
from gonerd.newsroom.web import Newsroom
from gonerd.records import write_documents, write_json_lines

__all__ = ["sources_toml", "write_newsroom"]


def write_newsroom(newsroom: Newsroom, out: Path, *, overwrite: bool = False) -> dict[str, int]:
    """Write gold.jsonl, truth.jsonl and sources.toml as the folder `out`, whole or not at all.

    Returns:
        how many gold documents, truth records and sources there are.

    Raises:
        OutputError: `out` exists and `overwrite` is off.
    """
    with folder_to_write(out, overwrite=overwrite) as folder:
        documents = write_documents(folder / "gold.jsonl", newsroom.gold())
        records = write_json_lines(folder / "truth.jsonl", newsroom.truth())
        write_text(folder / "sources.toml", sources_toml())
    return {"gold": documents, "truth": records, "sources": len(SITES)}


def sources_toml() -> str:
    """Describe the sites as `gonerd scrape` reads them."""
    head = "# The sample newsroom: fictional sites. Figures made on them say nothing about real text.\n"
    tables = (
        f"\n[[source]]\ndomain = {json.dumps(site.domain)}\nkind = {json.dumps(site.kind)}\n"
        f"weight = {site.weight}\nseeds = {json.dumps([f'http://{site.host}/'])}\n"
        for site in SITES
    )
    return head + "".join(tables)
