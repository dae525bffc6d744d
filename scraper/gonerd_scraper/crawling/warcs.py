"""Documents from WARC files that others made, CC-NEWS included, without going to the web."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, OutputError
from gonerd.files import text_to_write, write_text
from gonerd.takedown import Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.journal import JOURNAL, Journal
from gonerd_scraper.crawling.outputs import DOCUMENTS, MANIFEST, REJECTED, REPORT
from gonerd_scraper.crawling.tally import HostCount
from gonerd_scraper.crawling.warc_stage import ReadWarcs
from gonerd_scraper.extraction.documents import manifest_row
from gonerd_scraper.running.executors import Executor, run_stages
from gonerd_scraper.running.shards import by_id, merged, write_shard
from gonerd_scraper.running.work_folder import empty_folder, held_folder
from gonerd_scraper.urls import host_of
from gonerd_scraper.warc.reading import WarcCount

__all__ = ["scrape_warcs", "warcs_from_arguments"]

WORK = "work"
ENDINGS = (".warc", ".warc.gz", ".warc.zst")


def warcs_from_arguments(arguments: Sequence[Path]) -> list[Path]:
    """The WARC files that names, folders (with all below them) and glob patterns stand for, each once.

    Raises:
        InputError: there is no such file, or none in a folder.
    """
    found: dict[Path, Path] = {}
    for argument in arguments:
        if argument.is_dir():
            paths = _files_below(argument)
        elif not argument.exists() and any(sign in str(argument) for sign in "*?["):
            anchor = Path(argument.anchor)
            paths = [
                path
                for entry in sorted(anchor.glob(str(argument.relative_to(anchor))))
                for path in (_files_below(entry) if entry.is_dir() else [entry])
                if path.is_file()
            ]
        elif argument.exists():
            paths = [argument]
        else:
            raise InputError(f"{argument} does not exist")
        if not paths:
            raise InputError(f"{argument}: no WARC file is there (expected {', '.join(ENDINGS)})")
        for path in paths:
            found.setdefault(path.resolve(), path)
    return list(found.values())


def _files_below(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.name.lower().endswith(ENDINGS) and path.is_file()
    )


def scrape_warcs(
    paths: Sequence[Path],
    out: Path,
    config: CrawlConfig,
    *,
    force: bool = False,
    executor: Executor | None = None,
    takedown: Takedown | None = None,
    note: Callable[[str], object],
) -> dict[str, Any]:
    """Documents, manifest, rejected pages and report in `out` from the pages of WARC files.

    The files stay where they are; the manifest names them as they were given. A file is the unit of
    the work: each becomes a shard below `out`, and the same call goes on with those that are left.
    Of pages with one address the first counts, in the order of `paths` and then in that of the file.
    The outcome depends on neither processes nor executor; memory does not grow with the pages.

    Raises:
        OutputError: `out` holds something already and `force` is off, or another process writes there.
        InputError: a file is missing, or no document came of any.
    """
    from gonerd_scraper.crawling.scrape import CONFIG, clear_crawl, clear_partial, summary_of_report

    started = time.monotonic()
    files = warcs_from_arguments(paths)
    work = out / WORK
    if force:
        for path in files:
            if path.resolve().is_relative_to(out.resolve()):
                raise OutputError(f"{path} lies in {out}, which --force clears; give another --out")
    _require_work_folder(out, force=force)
    executor = executor or Executor(workers=config.workers)
    at_once = min(executor.tasks, executor.workers, len(files))
    stage = ReadWarcs(
        paths=tuple(files),
        folder=work / "shards",
        config=config,
        takedown=takedown or Takedown.read(),
        processes=max(1, executor.workers // at_once),
    )
    with held_folder(
        work, f"{out} is being written by another gonerd scrape; wait for it, or give another --out"
    ):
        if force:
            if (out / JOURNAL).exists():
                _remove_journal(out)
            clear_crawl(out)
            empty_folder(work)
            _require_nothing_else(out)
        clear_partial(out)
        settings = asdict(config)
        del settings["workers"]  # all that lies in `out` is the same for any number of processes
        write_text(out / CONFIG, json.dumps(settings, indent=2) + "\n", overwrite=True)
        shards = [stage.shard(path) for path in files]
        if before := sum(shard.exists() for shard in shards):
            note(f"{before} of {len(files)} files were read before")
        run_stages(
            [stage],
            world_size=executor.tasks,
            executor=executor,
            folder=work / "ranks",
            key=sha256(" ".join(shard.stem for shard in shards).encode()).hexdigest(),
        )
        report = _merge(shards, out, work, note)
        shutil.rmtree(work)
    seconds = time.monotonic() - started
    report |= {
        "seconds": round(seconds, 3),
        "pages_per_second": round(report["pages"] / seconds, 2),
    }
    if not report["documents"]:
        why = "; ".join(report["broken"]) or summary_of_report(report, out)
        clear_crawl(out)
        raise InputError(f"no document came of {', '.join(map(str, paths))}: {why}")
    return report


def _merge(
    shards: Sequence[Path], out: Path, work: Path, note: Callable[[str], object]
) -> dict[str, Any]:
    """Write the files, each whole or not at all, and return the report, in which no time stands."""
    hosts: dict[str, HostCount] = {}
    broken: list[str] = []
    held = WarcCount()
    with (
        text_to_write(out / DOCUMENTS, overwrite=True) as documents,
        text_to_write(out / MANIFEST, overwrite=True) as manifest,
    ):

        def rejected() -> Iterator[dict[str, Any]]:
            for name, rows in groupby(merged(shards), key=by_id):
                if not name:
                    for row in rows:
                        broken.extend(row["told"])
                        held.add(row["held"])
                    continue
                for row in _decided(rows):
                    count = hosts.setdefault(host_of(row["url"]), HostCount())
                    count.pages += 1
                    count.bytes += row["bytes"]
                    if "document" in row:
                        count.documents += 1
                        documents.write(_line(row["document"]))
                        manifest.write(_line(manifest_row(row["document"])))
                    else:
                        reason, detail = row["rejected"]
                        count.rejected[reason] += 1
                        yield {
                            "url": row["url"],
                            "stage": "extract",
                            "reason": reason,
                            "detail": detail,
                            "status": row["status"],
                        }

        refused = write_shard(work / REJECTED, rejected(), key=_by_address)
    (work / REJECTED).replace(out / REJECTED)
    for line in broken:
        note(line)
    reasons: Counter[str] = sum((count.rejected for count in hosts.values()), Counter())
    report = {
        "schema_version": 1,
        "files": len(shards),
        "documents": sum(count.documents for count in hosts.values()),
        "pages": sum(count.pages for count in hosts.values()),
        "bytes": sum(count.bytes for count in hosts.values()),
        "rejected": refused,
        "rejected_by_reason": dict(sorted(reasons.items())),
        "broken": broken,
        "held": held.record(),
        "hosts": {name: count.record() for name, count in sorted(hosts.items())},
    }
    write_text(out / REPORT, json.dumps(report, indent=2) + "\n", overwrite=True)
    return report


def _decided(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of one address: the first that can be used stands for it, the others are duplicates."""
    taken = False
    for row in rows:
        if row["usable"] and taken:
            row.pop("document", None)
            row["rejected"] = ["duplicate_url", "the address stands earlier in the files"]
        taken = taken or row["usable"]
        yield row


def _require_work_folder(out: Path, *, force: bool) -> None:
    if out.is_file():
        raise OutputError(f"{out} is a file, a folder was expected")
    if not force and out.is_dir() and any(out.iterdir()) and not (out / WORK).is_dir():
        raise OutputError(f"{out} exists already; give another name, or --force to replace it")


def _remove_journal(out: Path) -> None:
    try:
        with closing(Journal(out)) as journal:
            journal.path.unlink()
    except OutputError:  # a crawl is running; a work folder there would say that its files are ours
        shutil.rmtree(out / WORK)
        raise


def _require_nothing_else(out: Path) -> None:
    """Give the work folder up where something else stands beside it."""
    for path in out.iterdir():
        if path.name != WORK and not path.name.endswith(".partial"):
            shutil.rmtree(out / WORK)
            raise OutputError(f"{out} holds {path.name}, which no scrape left; give another --out")


def _by_address(row: dict[str, Any]) -> tuple[str, str]:
    return row["url"], row["reason"]


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
