"""The distillation corpus from OSCAR as one call: sift, cut, draw, merge."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gonerd.console import counted
from gonerd.errors import InputError
from gonerd.files import folder_to_write, read_json, require_folder_to_write, write_json
from gonerd.records import write_json_lines
from gonerd.takedown import Takedown
from gonerd_scraper.distillation.oscar import OscarRules
from gonerd_scraper.distillation.oscar_sampling import (
    Draw,
    Input,
    Sift,
    by_lot,
    by_place,
    counts_path,
    lots_path,
)
from gonerd_scraper.lots import Cut, lowest
from gonerd_scraper.running.executors import Executor, run_stages
from gonerd_scraper.running.inputs import JSON_LINES, input_files
from gonerd_scraper.running.shards import merged, shard_paths
from gonerd_scraper.running.stages import work_key
from gonerd_scraper.running.work_folder import work_folder

__all__ = ["OSCAR_DOCUMENTS", "build_oscar", "summary_of_oscar"]

OSCAR_DOCUMENTS = 3_000_000
"""The paper drew "nearly three million sequences"."""
STANDARD_INPUT = "-"


def build_oscar(
    paths: Sequence[str],
    out: Path,
    *,
    n: int = OSCAR_DOCUMENTS,
    seed: int = 0,
    rules: OscarRules | None = None,
    takedown: Takedown | None = None,
    skip_broken: bool = False,
    list_rejected: bool = False,
    compress: bool = True,
    executor: Executor | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Draw `n` documents of those that the rules keep into the folder `out`; return the report.

    The outcome depends on the documents, rules, `n` and seed, not on order, executor or number of
    ranks. Documents stand by lot, so that any beginning of the file is a sample, too. Work in
    progress lies in `OUT.work`, and the same call goes on with it. Memory is constant.

    Raises:
        InputError: there is no document, or the rules keep none.
        SchemaError: a line is broken, and `skip_broken` is off.
        OutputError: `out` exists and `force` is off, or another process draws into it.
    """
    rules, takedown = rules or OscarRules(), takedown or Takedown.read()
    executor = executor or Executor()
    require_folder_to_write(out, overwrite=force, inputs=paths)
    with work_folder(out, "gonerd oscar") as work:
        inputs = _inputs(paths, work)
        world_size = executor.tasks
        settings = {
            "rules": asdict(rules),
            "takedown": asdict(takedown),
            "seed": seed,
            "skip_broken": skip_broken,
            "list_rejected": list_rejected,
            "names": [entry.name for entry in inputs],
        }
        files = [entry.path for entry in inputs]
        sift = Sift(
            inputs=inputs,
            rules=rules,
            takedown=takedown,
            seed=seed,
            skip_broken=skip_broken,
            list_rejected=list_rejected,
            folder=work / "sift",
        )
        run_stages(
            [sift],
            world_size=world_size,
            executor=executor,
            folder=sift.folder,
            key=work_key(files, settings),
        )
        counts = _summed(read_json(counts_path(sift.folder, rank)) for rank in range(world_size))
        cut = lowest([lots_path(sift.folder, rank) for rank in range(world_size)], n)
        if cut.highest is None:
            raise InputError(_nothing_left(counts))
        draw = Draw(
            inputs=inputs,
            seed=seed,
            highest=cut.highest,
            sifted=sift.folder,
            folder=work / "draw",
        )
        run_stages(
            [draw],
            world_size=world_size,
            executor=executor,
            folder=draw.folder,
            key=work_key(files, settings | {"n": n, "highest": cut.highest}),
        )
        with folder_to_write(out, overwrite=force) as folder:
            name = "documents.jsonl.zst" if compress else "documents.jsonl"
            drawn = _Drawn()
            shards = shard_paths(draw.folder, "documents", world_size)
            write_json_lines(folder / name, drawn.different(merged(shards, key=by_lot(seed))))
            for kind in ("broken", "rejected") if list_rejected else ("broken",):
                if kind == "rejected" or counts["broken"]:
                    rows = merged(shard_paths(sift.folder, kind, world_size), key=by_place)
                    write_json_lines(folder / f"{kind}.jsonl", rows)
            report = _report(counts, cut, drawn, n=n, seed=seed, file=name)
            write_json(folder / "report.json", report)
            write_json(folder / "rules.json", asdict(rules))
    return report


def summary_of_oscar(report: dict[str, Any], out: Path) -> str:
    """The report for a person, in two or three lines."""
    rejected = report["rejected_by_reason"]
    reasons = ", ".join(
        f"{name} {count:,}" for name, count in sorted(rejected.items(), key=lambda pair: -pair[1])
    )
    lines = [
        f"{counted(report['documents'], 'document')} ({report['characters']:,} characters) drawn from "
        f"{report['kept']:,} of {report['read']:,}: {out / report['file']}",
        f"{sum(rejected.values()):,} rejected ({reasons or 'none'}): {out / 'report.json'}",
    ]
    if report["broken"]:
        lines.append(f"{report['broken']:,} broken lines left out: {out / 'broken.jsonl'}")
    return "\n".join(lines)


class _Drawn:
    """Counts what goes by, each id once."""

    def __init__(self) -> None:
        self.documents = 0
        self.characters = 0

    def different(self, records: Iterator[Any]) -> Iterator[Any]:
        """Of records that follow each other with the same id, the first."""
        last = None
        for record in records:
            if record["id"] != last:
                last = record["id"]
                self.documents += 1
                self.characters += len(record["text"])
                yield record


def _inputs(paths: Sequence[str], work: Path) -> tuple[Input, ...]:
    """The files by name; standard input is put down in the work folder, as it has to be read twice."""
    named = [path for path in paths if path != STANDARD_INPUT]
    found = [Input(file, str(file)) for file in input_files(named, JSON_LINES)]
    if len(named) < len(paths):
        import pyarrow as pa

        spool = work / "stdin.jsonl.zst"
        with pa.CompressedOutputStream(str(spool), "zstd") as out:
            shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
        found.append(Input(spool, STANDARD_INPUT))
    return tuple(sorted(found, key=lambda entry: entry.name))


def _summed(counts: Iterator[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in counts:
        for name, value in part.items():
            held = whole.get(name, Counter() if isinstance(value, dict) else 0)
            whole[name] = held + (Counter(value) if isinstance(value, dict) else value)
    return whole


def _report(
    counts: dict[str, Any], cut: Cut, drawn: _Drawn, *, n: int, seed: int, file: str
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "file": file,
        "documents": drawn.documents,
        "characters": drawn.characters,
        "asked": n,
        "seed": seed,
        "read": counts["read"],
        "broken": counts["broken"],
        "kept": counts["kept"],
        "kept_characters": counts["kept_characters"],
        "same_id": cut.entries - cut.distinct,
        "rejected": sum(counts["rejected_by_reason"].values()),
        "rejected_by_reason": dict(sorted(counts["rejected_by_reason"].items())),
        "failing_each_rule": dict(sorted(counts["failing_each_rule"].items())),
    }


def _nothing_left(counts: dict[str, Any]) -> str:
    if not counts["read"]:
        broken = f", {counts['broken']} broken lines" if counts["broken"] else ""
        return f"the input holds no document{broken}"
    reasons: Counter[str] = counts["rejected_by_reason"]
    said = ", ".join(f"{name} {count}" for name, count in reasons.most_common())
    hint = "; --null-pp keep keeps what has no harmful_pp" if reasons["harmful_pp_null"] else ""
    return f"none of {counts['read']} documents is left ({said}){hint}"
