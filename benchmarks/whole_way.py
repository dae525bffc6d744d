"""What a newcomer waits for: the help, the newsroom of 10,000 articles, the demo.

The demo's figures are on the synthetic sample newsroom and say nothing about real text.

Run: python benchmarks/whole_way.py [--out benchmarks/results/whole_way.json]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gonerd.files import read_json, write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/whole_way.json"
GONERD = (sys.executable, "-m", "gonerd.cli.main")


def main() -> None:
    """Measure all three and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "help_seconds_best_of_10": min(seconds("--help") for _ in range(10)),
            "newsroom_10000_articles_seconds": newsroom_seconds(10_000),
            "demo": demo(Path(folder) / "demo"),
            "machine": environment(),
        }
    write_json(out, result, overwrite=True)
    print(out.read_text(encoding="utf-8"))


def seconds(*words: str) -> float:
    """Wall-clock seconds of one command in a process of its own."""
    begin = time.perf_counter()
    subprocess.run([*GONERD, *words], check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - begin, 3)


def newsroom_seconds(count: int) -> float:
    """Seconds to generate articles with their gold entities, in this process."""
    from gonerd.newsroom import articles

    begin = time.perf_counter()
    made = sum(1 for _ in articles(count, seed=0))
    assert made == count
    return round(time.perf_counter() - begin, 1)


def demo(folder: Path) -> dict[str, Any]:
    """The demo with its defaults: its time, and what its models scored."""
    taken = seconds("demo", "--out", str(folder))
    runs = {name: read_json(folder / "runs" / name / "result.json") for name in ("tagger", "rules")}
    return {
        "seconds": taken,
        "synthetic": True,
        "test_documents": runs["rules"]["dataset"]["n_docs"],
        "test_f1": {name: run["scores"]["full"]["f1"] for name, run in runs.items()},
        "test_f1_interval_95": {
            name: run["scores"]["full"]["ci"]["f1"] for name, run in runs.items()
        },
    }


if __name__ == "__main__":
    main()
