"""`gonerd audit` of 20,000 documents with leaks planted in them: seconds, memory, and which of them it finds.

18,800 press releases in three splits and 1,200 planted copies, each in another split than its original:
400 exact ones, 400 near-duplicates (up to one word in thirty is another) and 400 reprints (the whole of a
release, with longer text from elsewhere behind it). Entities are those of the `rules` adapter: enough to
work on, whatever they are worth. The splits are corpus files; the same documents are also built by
`gonerd build`, without clusters, so that near-duplicates are parted, and audited as a folder, with hashes,
tags and fingerprint. Each audit is a process of its own, started by the command line; `max_rss_mib` is its
largest resident memory. `found` is the share of the planted pairs among the leaks that are told.

Run: python benchmarks/audit.py [--out benchmarks/results/audit.json]
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from gonerd import Document
from gonerd.adapters.rules import entities_by_rule
from gonerd.dataset import build_dataset
from gonerd.machine import environment
from gonerd.records import write_documents

ROOT = Path(__file__).parents[1]
RELEASES = ROOT.parent / "shared/data/mlm/senate_press_releases.jsonl.xz"
RESULT = ROOT / "benchmarks/results/audit.json"
COMMAND = ("-m", "gonerd.cli.main", "audit")
KINDS = {"exact": "exact_duplicates", "near": "near_duplicates", "reprint": "reprints"}
SPLITS = ("train",) * 8 + ("validation", "test")

Planted = dict[str, tuple[str, str, Document]]
"""Kind, id of the original and copy, by the copy's id."""


def releases(*, seed: int) -> list[Document]:
    with lzma.open(RELEASES, "rt", encoding="utf-8") as file:
        every = [json.loads(line) for line in file]
    random.Random(seed).shuffle(every)
    return [Document(id=record["id"], text=record["text"]) for record in every]


def changed(text: str, chance: random.Random) -> str:
    parts = re.split(r"(\s+)", text)
    for _ in range(chance.randrange(1, max(2, len(parts) // 60))):
        parts[2 * chance.randrange(len(parts) // 2)] = f"changed{chance.randrange(1000)}"
    return "".join(parts)


def copies(
    originals: list[Document], elsewhere: Iterator[Document], *, each: int, seed: int
) -> Iterator[tuple[str, str, Document]]:
    """Kind, id of the original, and the copy."""
    chance = random.Random(seed)
    long = [document for document in originals if len(document.text.split()) >= 100]
    for number, original in enumerate(chance.sample(long, 3 * each)):
        kind = list(KINDS)[number // each]
        text = original.text
        if kind == "near":
            text = changed(text, chance)
        elif kind == "reprint":
            behind = next(elsewhere).text
            while len(behind) < 1.5 * len(text):
                behind += "\n" + next(elsewhere).text
            text += "\n" + behind
        yield kind, original.id, Document(id=f"{original.id}-{kind}", text=text)


def labelled(documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        yield replace(document, entities=entities_by_rule(document))


def audited(*arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The audit, and what it took."""
    command = [sys.executable, *COMMAND, *arguments, "--json", "--examples", "100000"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    taken = {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "max_rss_mib": usage.ru_maxrss // 1024,
    }
    return json.loads(output), taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=400, help="planted copies of each kind")
    options = parser.parse_args()
    every = releases(seed=1)
    size = options.documents - 3 * options.each
    originals, elsewhere = every[:size], iter(every[size:])
    splits = dict(zip((d.id for d in originals), cycle(SPLITS), strict=False))
    planted = {
        copy.id: (kind, name, copy)
        for kind, name, copy in copies(originals, elsewhere, each=options.each, seed=2)
    }
    for identity, (_, name, _) in planted.items():
        splits[identity] = next(split for split in ("test", "train") if split != splits[name])
    corpus = list(labelled([*originals, *(copy for _, _, copy in planted.values())]))
    result: dict[str, Any] = {"machine": environment(), "documents": len(corpus)}
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for split in dict.fromkeys(SPLITS):
            path = Path(folder) / f"{split}.jsonl"
            write_documents(path, (d for d in corpus if splits[d.id] == split))
            names.append(f"{split}={path}")
        audit, taken = audited(*names)
        result["files"] = taken | {
            "found": {kind: share(audit, planted, kind) for kind in KINDS},
            "counts": {name: check["count"] for name, check in audit["checks"].items()},
        }
        print(result["files"], flush=True)
        build_dataset(corpus, Path(folder) / "dataset", on_misaligned="drop")
        audit, taken = audited(str(Path(folder) / "dataset"))
        result["dataset"] = taken | {
            "verdicts": {name: check["verdict"] for name, check in audit["checks"].items()}
        }
        print(result["dataset"], flush=True)
    result["words"] = sum(len(document.text.split()) for document in corpus)
    result["entities"] = sum(len(document.entities) for document in corpus)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def share(audit: dict[str, Any], planted: Planted, kind: str) -> float:
    """The planted copies of this kind that a leak names together with their original."""
    told = [
        set(finding["documents"])
        for finding in audit["checks"][KINDS[kind]]["findings"]
        if finding["fails"]
    ]
    of_document: dict[str, set[str]] = {}
    for together in told:
        for name in together:
            of_document.setdefault(name, set()).update(together)
    wanted = [(name, identity) for identity, (of, name, _) in planted.items() if of == kind]
    return round(sum(name in of_document.get(copy, ()) for name, copy in wanted) / len(wanted), 5)


if __name__ == "__main__":
    main()
