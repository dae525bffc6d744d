"""Cleaning as one call: documents in, kept documents, rejected ones with their reasons, and a report out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gonerd.console import counted
from gonerd.errors import InputError
from gonerd.files import folder_to_write, require_folder_to_write, write_json
from gonerd.records import write_json_lines
from gonerd.takedown import Takedown
from gonerd_scraper.cleaning.boilerplate import SiteParagraphs
from gonerd_scraper.cleaning.filters import CleanRules
from gonerd_scraper.cleaning.judged import JudgedDocuments
from gonerd_scraper.cleaning.judging import (
    CountParagraphs,
    JudgeDocuments,
    counts_path,
    judged_path,
    read_repeated,
    rejected_row,
    write_repeated,
)
from gonerd_scraper.cleaning.manual import ManualList
from gonerd_scraper.cleaning.selection import Selection, select
from gonerd_scraper.cleaning.signatures import banding_for
from gonerd_scraper.running.executors import Executor, run_stages
from gonerd_scraper.running.spool import STANDARD_INPUT, on_disk
from gonerd_scraper.running.stages import work_key
from gonerd_scraper.running.work_folder import work_folder

__all__ = ["clean_documents", "summary_of_cleaning"]


def clean_documents(
    path: Path | Sequence[Path],
    out: Path,
    rules: CleanRules,
    *,
    force: bool = False,
    executor: Executor | None = None,
    takedown: Takedown | None = None,
    manual: ManualList | None = None,
) -> dict[str, Any]:
    """Filter and deduplicate the documents of one or more files into the folder `out`; return the report.

    Kept documents are ordered by id and carry `meta["cluster"]`: the smallest id among those that
    are similar to them, directly or through others. What `takedown` names is out; what `manual` decides
    goes before all rules, and what it keeps stays even beside a duplicate.

    The rules run for each rank of `executor`, in the folder `OUT.work`, from which an interrupted call
    goes on; the outcome is the same for any number of ranks and any executor. Memory holds a signature
    and an id for each document, not its text.

    Raises:
        InputError: there is no document, an id stands there twice, or nothing is left.
        OutputError: `out` exists and `force` is off, or another process cleans into it.
    """
    paths = (path,) if isinstance(path, Path) else tuple(path)
    executor = executor or Executor()
    takedown, manual = takedown or Takedown.read(), manual or ManualList()
    require_folder_to_write(out, overwrite=force, inputs=paths)
    for path in paths:
        if path != STANDARD_INPUT and not path.exists():
            raise InputError(f"{path} does not exist")
    with work_folder(out, "gonerd clean") as work, on_disk(paths, work) as files:
        shards, repeated = _judged(files, work, rules, executor, takedown, manual)
        with (
            JudgedDocuments(shards, banding_for(rules.cluster_threshold)) as judged,
            folder_to_write(out, overwrite=force) as folder,
        ):
            if not judged.ids:
                raise InputError(f"{_listed(paths)} holds no document")
            report = _write(judged, select(judged, rules, repeated), folder)
            report["manual"] = _manual(judged, manual)
            write_json(folder / "rules.json", asdict(rules))
            write_json(folder / "report.json", report)
            if files == paths:
                write_json(folder / "inputs.json", {"documents": [str(p.resolve()) for p in paths]})
            if not report["kept"]:
                raise InputError(
                    f"{_listed(paths)}: none of {report['read']} documents is left "
                    f"({_counts(report['rejected_by_rule'])}); "
                    "gonerd clean --explain URL says why, --rules changes it"
                )
    return report


def summary_of_cleaning(report: dict[str, Any], out: Path) -> str:
    """The report for a person, in two lines."""
    reasons = _counts(report["rejected_by_rule"]) or "none"
    return (
        f"{report['kept']} of {report['read']} documents kept, in {counted(report['clusters'], 'cluster')}: "
        f"{out / 'documents.jsonl'}\n"
        f"{report['rejected']} rejected ({reasons}): {out / 'rejected.jsonl'}"
    )


def _judged(
    paths: tuple[Path, ...],
    work: Path,
    rules: CleanRules,
    executor: Executor,
    takedown: Takedown,
    manual: ManualList,
) -> tuple[list[Path], frozenset[int]]:
    """Run both phases for all ranks; return the shards and the paragraphs that sites repeat."""
    ranks = range(executor.tasks)
    lists = {"takedown": asdict(takedown), "manual": asdict(manual)}
    key = work_key(paths, {"rules": asdict(rules)} | lists)
    repeated = None
    if rules.min_repeats is not None:
        folder = work / "paragraphs"
        count = CountParagraphs(paths=paths, folder=folder, takedown=takedown)
        run_stages([count], world_size=len(ranks), executor=executor, folder=folder, key=key)
        counts = SiteParagraphs()
        for rank in ranks:
            counts.merge(SiteParagraphs.read(counts_path(folder, rank)))
        repeated = folder / "repeated.npy"
        write_repeated(repeated, counts.repeated(rules.min_repeats))
    folder = work / "judged"
    judge = JudgeDocuments(
        paths=paths,
        folder=folder,
        rules=rules,
        takedown=takedown,
        manual=manual,
        repeated=repeated,
        banding=banding_for(rules.cluster_threshold),
    )
    run_stages([judge], world_size=len(ranks), executor=executor, folder=folder, key=key)
    return [judged_path(folder, rank) for rank in ranks], read_repeated(repeated)


def _write(judged: JudgedDocuments, selection: Selection, folder: Path) -> dict[str, Any]:
    """Write kept and rejected documents, one at a time, and return their counts."""
    rules: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    clusters: set[str] = set()
    passed = set(judged.passed)

    def kept() -> Iterator[dict[str, Any]]:
        for position in judged.order:
            name = judged.ids[position]
            if position in passed and name not in selection.dropped:
                record = judged.row(position)["document"]
                record["meta"]["cluster"] = selection.clusters.name(name)
                clusters.add(record["meta"]["cluster"])
                sources[str(record["meta"].get("source", ""))] += 1
                yield record

    def rejected() -> Iterator[dict[str, Any]]:
        for position in judged.order:
            name = judged.ids[position]
            if position not in passed:
                row = judged.row(position)["rejected"]
            elif name in selection.dropped:
                row = rejected_row(judged.document(position), selection.dropped[name])
            else:
                continue
            rules[row["rule"]] += 1
            yield row

    count = write_json_lines(folder / "documents.jsonl", kept())
    refused = write_json_lines(folder / "rejected.jsonl", rejected())
    return {
        "schema_version": 1,
        "read": len(judged.ids),
        "kept": count,
        "rejected": refused,
        "rejected_by_rule": dict(sorted(rules.items())),
        "clusters": len(clusters),
        "kept_by_source": dict(sorted(sources.items())),
    }


def _manual(judged: JudgedDocuments, manual: ManualList) -> dict[str, int]:
    """What became of the decisions of the manual list."""
    outcomes = Counter(judged.manual.values())
    counts = {name: outcomes[name] for name in ("keep", "drop", "changed")}
    return counts | {"unknown": len(manual.unknown(judged.manual))}


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))


def _counts(by_rule: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in by_rule.items())
