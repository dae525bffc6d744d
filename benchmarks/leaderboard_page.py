"""How long the leaderboard page takes to build, whole and after one more submission, and how large it is.

1,000 submissions of 224 documents each (annotated corpora, as many words a document as GONERD has; 20
different runs, each under 50 models, half of them students of one), with the gold at hand: every entry
counted by document, all pairs among the first 50 tested, the retention of 500 students.

- Build: the process `gonerd leaderboard build --dataset`, on all cores; files and bytes of the page, and
  what a browser loads before a row is opened (index.html, scripts, styles and boards).
- Incremental: the same command with `--force` after one new submission.
- Browser: the page from disk in headless Chromium, see `browsing`.

Run: python benchmarks/leaderboard_page.py [--small] [--part build|browser|incremental] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from gonerd.files import read_json, write_json
from gonerd.machine import environment
from gonerd_leaderboard.submission import submit

sys.path.insert(0, str(Path(__file__).parent))  # a test loads this file by its package
from browsing import browsing
from scoring import DATA

from submissions import DOCUMENTS, SUBMISSIONS, corpus_of, run_of, sampled, submissions_of, timed

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks/results/leaderboard_page.json"
PARTS = ("build", "browser", "incremental")
NEW = 1_000
"""The seed of the new submission, which no other run has."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--small", action="store_true", help="A twentieth of it all, as a check.")
    options.add_argument("--part", choices=PARTS, help="Measure this alone.")
    options.add_argument("--out", type=Path, default=OUT)
    asked = options.parse_args()
    if not DATA.exists():
        print(f"{DATA.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    share = 20 if asked.small else 1
    parts = PARTS if asked.part is None else (asked.part,)
    result = read_json(asked.out) if asked.out.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        documents = sampled(DOCUMENTS // share)
        corpus = corpus_of(folder / "made", documents)
        submissions = submissions_of(folder / "made", corpus, SUBMISSIONS // share)
        page = folder / "page"
        built = building(submissions, corpus, page)  # every part begins with the page
        size = {"documents": len(documents), "submissions": len(list(submissions.glob("*/*")))}
        if "build" in parts:
            result["build"] = size | built | contents(page) | {"machine": environment()}
        if "browser" in parts:
            result["browser"] = size | browsing(page) | {"machine": environment()}
        if "incremental" in parts:
            submit(run_of(folder / "made", corpus, NEW), submissions)
            again = building(submissions, corpus, page)
            result["incremental"] = size | {"new": 1} | again | {"machine": environment()}
    print(json.dumps({part: result[part] | {"machine": "..."} for part in result}, indent=1))
    write_json(asked.out, result, overwrite=True)
    return 0


def building(submissions: Path, corpus: Path, page: Path) -> dict[str, Any]:
    """Build the page by the command, over the one that is there; what it said and took."""
    words = ["leaderboard", "build", submissions, "--dataset", corpus, "--out", page, "--force"]
    told = timed(words)
    return told | {"said": told["said"].partition(":")[0]}


def contents(page: Path) -> dict[str, Any]:
    """How large a page is, and how much of it is loaded at first."""
    first = [path for path in page.iterdir() if path.suffix in (".js", ".css")]
    first += [page / "index.html", *(page / "boards").iterdir()]
    every = [path for path in page.rglob("*") if path.is_file()]
    boards = sum(path.stat().st_size for path in (page / "boards").iterdir())
    return {
        "files": len(every),
        "bytes": sum(path.stat().st_size for path in every),
        "bytes_at_first": sum(path.stat().st_size for path in first),
        "bytes_of_boards": boards,
    }


if __name__ == "__main__":
    sys.exit(main())
