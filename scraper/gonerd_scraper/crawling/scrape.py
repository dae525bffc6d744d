"""The crawl as one call: sources in, a folder with archive, manifest and documents out."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gonerd.console import counted
from gonerd.errors import InputError, OutputError
from gonerd.files import write_text
from gonerd.takedown import Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.journal import JOURNAL, Journal
from gonerd_scraper.crawling.journal_rows import now
from gonerd_scraper.crawling.outputs import DOCUMENTS, MANIFEST, REJECTED, REPORT, write_outputs
from gonerd_scraper.crawling.progress import CrawlDisplay
from gonerd_scraper.crawling.replay import state_from_journal
from gonerd_scraper.crawling.sources import Source
from gonerd_scraper.running.work_folder import remove_partial
from gonerd_scraper.running.workers import WorkerPool
from gonerd_scraper.shard import Shard

__all__ = ["clear_crawl", "clear_partial", "crawl_folder", "scrape_sources", "summary_of_report"]

CONFIG = "config.json"


def scrape_sources(
    sources: Sequence[Source],
    out: Path,
    config: CrawlConfig,
    *,
    force: bool = False,
    again: bool = False,
    takedown: Takedown | None = None,
    pool: WorkerPool | None = None,
) -> dict[str, Any]:
    """Crawl `sources` into the folder `out`, or go on with the crawl that lies there; return the report.

    What was fetched is not fetched again, and what failed for a passing reason is tried again.
    Interrupted, the files show what there is so far, and the next call goes on. With `again`, a
    crawl that came to its end is done once more: servers are asked whether pages changed.

    Raises:
        InputError: not one document came of it; what was fetched and why it was rejected stays in
        `out`. OutputError: `out` holds something that is no crawl, or another process writes there.
    """
    if not any(source.seeds for source in sources):
        raise InputError("no source names a seed to begin at")
    if out.is_file():
        raise OutputError(f"{out} is a file, a folder was expected")
    if config.shard is not None and (out / JOURNAL).exists():
        raise OutputError(f"{out} holds a crawl without shards; give another --out")
    out = crawl_folder(out, config)
    _require_crawl_folder(out)
    takedown = takedown if takedown is not None else Takedown.read()
    journal = Journal(out)
    try:
        if force:
            journal.clear()
            clear_crawl(out)
        clear_partial(out)
        write_text(out / CONFIG, json.dumps(asdict(config), indent=2) + "\n", overwrite=True)
        (out / REPORT).unlink(missing_ok=True)  # it says that a crawl came to its end
        state = state_from_journal(journal.path)
        if again and state.finished:
            journal.append([{"event": "again", "at": now()}])
            state = state_from_journal(journal.path)
        from gonerd_scraper.crawling.crawl import Crawl  # aiohttp is loaded only here

        try:
            with CrawlDisplay(delay=config.delay) as display:
                crawl = Crawl(
                    sources,
                    config,
                    out,
                    state,
                    journal=journal,
                    watcher=display,
                    takedown=takedown,
                    pool=pool,
                )
                asyncio.run(crawl.run())
        except BaseException:
            write_outputs(out, journal.path, finished=False, takedown=takedown)
            raise
        report = write_outputs(out, journal.path, takedown=takedown)
    finally:
        journal.close()
    if not report["documents"] and config.shard is None:  # a shard may well have nothing to do
        raise InputError(_nothing(sources, out))
    return report


def crawl_folder(out: Path, config: CrawlConfig) -> Path:
    """Where the files of a crawl lie: in `out`, those of a shard in a folder of its own below."""
    return out if config.shard is None else Shard.from_text(config.shard).folder(out)


def clear_crawl(out: Path) -> None:
    """Remove what a crawl left in `out` beside its log, and nothing else."""
    for name in (DOCUMENTS, MANIFEST, REJECTED, REPORT, CONFIG):
        (out / name).unlink(missing_ok=True)
    if (out / "archive").is_dir():
        for path in (out / "archive").glob("gonerd-*.warc.gz"):
            path.unlink()
        if not any((out / "archive").iterdir()):
            shutil.rmtree(out / "archive")


def clear_partial(out: Path) -> None:
    """Remove files that a killed run was writing."""
    remove_partial(out, (DOCUMENTS, MANIFEST, REJECTED, REPORT, CONFIG))


def summary_of_report(report: dict[str, Any], out: Path) -> str:
    """The report for a person, a few lines."""
    reasons = ", ".join(
        f"{reason} {count}" for reason, count in report["rejected_by_reason"].items()
    )
    lines = [
        f"{counted(report['documents'], 'document')} from {counted(report['pages'], 'page')} "
        f"of {counted(len(report['hosts']), 'host')}"
        f" ({report['bytes'] / 1e6:.1f} MB in {report['seconds']:.1f} s): {out / DOCUMENTS}",
        f"{report['rejected']} rejected{f' ({reasons})' if reasons else ''}: {out / REJECTED}",
    ]
    if "held" in report:
        held = report["held"]
        lines.append(
            f"{counted(held['records'], 'record')} in {counted(report['files'], 'WARC file')}: "
            f"{counted(held['responses'], 'response')}, {counted(held['resources'], 'resource')}, "
            f"{counted(held['revisits'], 'revisit')}; {held['pages']:,} can be read"
        )
    if report.get("again") is not None:
        said = ", ".join(f"{count} {name}" for name, count in report["again"].items() if count)
        lines.append(f"since the last crawl: {said or 'nothing to compare'}")
    if report.get("handed_over"):
        lines.append(
            f"{counted(report['handed_over'], 'redirect')} handed to other shards; "
            "run those once more to take them up"
        )
    if report.get("not_fetched"):
        lines.append(f"{report['not_fetched']} addresses found and not fetched (limits)")
    return "\n".join(lines)


def _require_crawl_folder(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / JOURNAL).exists():
        raise OutputError(f"{out} holds something that is no crawl; give another --out")


def _nothing(sources: Sequence[Source], out: Path) -> str:
    """One sentence on why there is no document, from the reasons of the pages."""
    seeds = {seed for source in sources for seed in source.seeds}
    first, count = None, 0
    with (out / REJECTED).open(encoding="utf-8") as file:
        for line in file:
            count += 1  # read behind the loop
            row = json.loads(line)
            if first is None or (row["url"] in seeds and first["url"] not in seeds):
                first = row
    tried = ", ".join(sorted(seeds)[:3]) + (f" and {len(seeds) - 3} more" if len(seeds) > 3 else "")
    if first is None:
        return f"no document came of {tried}: no page was reached"
    why = f"{first['url']}: {first['reason']} ({first['detail']})"
    others = f", and {count - 1} other pages were rejected" if count > 1 else ""
    return f"no document came of {tried}: {why}{others}; every reason is in {out / REJECTED}"
