"""How long does `gonerd annotate import` take for a corpus of the paper's size, and does it lose a span?

2,237 documents of the synthetic sample newsroom, their gold entities as a stand-in annotator's answers
in Label Studio's export form (`gonerd annotate simulate`; no person is involved). Timed is the whole
command in a process of its own, start included. A span is lost where the imported document has not
the very entity of the export. There is no peer: Label Studio's converter keeps no offsets of the text.

Run: python benchmarks/annotation_import.py [--articles 2237] [--out FILE]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gonerd.files import write_json
from gonerd.machine import environment
from gonerd.records import read_documents

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/annotation_import.json"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--articles", type=int, default=2237)
    options.add_argument("--out", type=Path, default=RESULT)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gold, tasks, export = (folder / f for f in ("gold.jsonl", "tasks.json", "export.json"))
        gonerd("newsroom", "gold", "--articles", str(asked.articles), "--out", str(gold))
        gonerd("annotate", "export", str(gold), "--out", str(tasks))
        gonerd("annotate", "simulate", str(tasks), "--gold", str(gold), "--out", str(export))
        imported = folder / "annotated.jsonl"
        seconds = gonerd(
            *("annotate", "import", str(export)),
            *("--documents", str(gold), "--out", str(imported)),
        )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        whole = {document.id: document.entities for document in read_documents(gold)}
        back = {document.id: set(document.entities) for document in read_documents(imported)}
        missing = sum(
            entity not in back.get(name, ()) for name, found in whole.items() for entity in found
        )
        added = sum(map(len, back.values())) + missing - sum(map(len, whole.values()))
        size = export.stat().st_size
    write_json(
        asked.out,
        {
            "question": "an export of the paper's size: seconds of the import, and spans lost",
            "synthetic": "sample newsroom; nobody annotated, and the figures say nothing about people",
            "tasks": len(whole),
            "spans": sum(map(len, whole.values())),
            "export_mb": round(size / 1e6, 1),
            "seconds": round(seconds, 1),
            "peak_memory_mib_largest_process": peak,
            "spans_lost": missing,
            "spans_added": added,
            "machine": environment(),
        },
        overwrite=True,
    )
    print(asked.out.read_text(encoding="utf-8"))
    return 0 if not missing and not added else 1


def gonerd(*words: str) -> float:
    """Run a command in a process of its own; its seconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "gonerd.cli.main", *words], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
