"""How fast `gonerd build` is, whether its memory grows with the corpus, and how fast load_dataset opens it.

Corpora: the 592 articles of ../shared/data/ner (worldwide newswire, which bring their own tokens), and
articles of the sample newsroom, which are tokenized on the way: 2,237 as in the paper, 10,000, and 100,000.
Whole commands with their start-up, each a process of its own; the newsroom's articles come through a pipe
from another process. Seconds are wall clock, and CPU time of the build alone, which other programs on the
machine disturb less.

Run: python benchmarks/dataset_build.py [--documents 100000] [--out benchmarks/results/dataset_build.json]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gonerd.files import write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
WORLDWIDE = ROOT.parent / "shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz"
RESULT = ROOT / "benchmarks/results/dataset_build.json"
GONERD = [sys.executable, "-c", "from gonerd.cli.main import main; main()"]
PAPER = 2237
FEW = 10_000

ARTICLES = """
import sys
from gonerd.newsroom import articles
from gonerd.records import write_documents
write_documents("-", (article.document() for article in articles(int(sys.argv[1]), seed=0)))
"""

LOAD = """
import sys, time
from datasets import load_dataset
begin = time.perf_counter()
dataset = load_dataset(sys.argv[1])
print(time.perf_counter() - begin, sum(dataset.num_rows.values()))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="of the largest corpus")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if not WORLDWIDE.exists():
        sys.exit(f"{WORLDWIDE.name} is not there; the benchmark needs it")
    result: dict[str, Any] = {
        "question": "documents a second and peak memory of gonerd build; seconds of load_dataset",
        "builds": {},
        "machine": environment(),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        builds = result["builds"]
        builds["worldwide_592"] = built(folder / "worldwide", WORLDWIDE) | loaded(
            folder / "worldwide"
        )
        for count in sorted({PAPER, FEW, options.documents}):
            out = folder / f"newsroom-{count}"
            builds[f"newsroom_{count}"] = built(out, count) | loaded(out)
            print(json.dumps(builds[f"newsroom_{count}"]), file=sys.stderr, flush=True)
    few, many = builds[f"newsroom_{FEW}"], builds[f"newsroom_{options.documents}"]
    if many["documents"] > few["documents"]:
        grown = 2**20 * (many["peak_mib"] - few["peak_mib"])
        result["bytes_of_memory_per_document"] = round(
            grown / (many["documents"] - few["documents"])
        )
    write_json(options.out, result, overwrite=True)
    print(options.out.read_text(encoding="utf-8"))


def built(out: Path, source: Path | int) -> dict[str, Any]:
    """Build a corpus file, or so many articles of the newsroom."""
    begin = time.perf_counter()
    feed = None
    if isinstance(source, int):
        words = [sys.executable, "-c", ARTICLES, str(source)]
        feed = subprocess.Popen(words, stdout=subprocess.PIPE)
    build = subprocess.Popen(
        [*GONERD, "build", "-" if feed else str(source), "--out", str(out), "--json"],
        stdin=feed.stdout if feed else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert build.stdout is not None
    said = build.stdout.read()
    _, status, used = os.wait4(build.pid, 0)
    if status or (feed is not None and feed.wait()):
        sys.exit(f"gonerd build ended with status {status}")
    wall, busy = time.perf_counter() - begin, used.ru_utime + used.ru_stime
    facts = json.loads(said)
    documents = sum(facts["documents"].values())
    return {
        "documents": documents,
        "tokens": sum(facts["words"].values()),
        "sentences": sum(facts["sentences"].values()),
        "bytes_on_disk": sum(facts["download_size"].values()),
        "seconds": round(wall, 1),
        "cpu_seconds": round(busy, 1),
        "documents_per_cpu_second": round(documents / busy, 1),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def loaded(folder: Path) -> dict[str, float]:
    """Seconds of load_dataset, the first time and with what that left in the cache."""
    cache = {**os.environ, "HF_HOME": str(folder.with_suffix(".cache"))}
    seconds = []
    for _ in range(4):
        ran = subprocess.run(
            [sys.executable, "-c", LOAD, folder.name],
            cwd=folder.parent, env=cache, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds.append(float(ran.stdout.split()[0]))
    return {
        "load_first_seconds": round(seconds[0], 2),
        "load_warm_seconds": round(min(seconds[1:]), 2),
    }


if __name__ == "__main__":
    main()
