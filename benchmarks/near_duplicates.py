"""Near-duplicates: recall, precision and documents per second, beside datasketch on the same documents.

A near-duplicate is a pair whose sets of 5-word shingles over lower-cased `\\w+` words have a Jaccard
similarity of 0.8 or more. Three collections: the 1,000 articles and the 5,970 press releases with their
gold pairs, and 20,000 press releases with 2,000 changed copies among them, whose pairs are all counted
here (any pair of that similarity shares one of its rarest shingles). Both programs get the texts in
memory, in a process of their own with one thread, and verify what they report by exact Jaccard;
datasketch with its own banding for the threshold, `update_batch`, and 128 permutations, its default, or
256. `signature_bytes` is what a document takes in memory besides its id, by tracemalloc.

Run: python benchmarks/near_duplicates.py [--out benchmarks/results/near_duplicates.json]
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
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from peers import peer_python

from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data"
RELEASES = DATA / "mlm/senate_press_releases.jsonl.xz"
ARTICLES = DATA / "neardup/minhash_articles_1000.jsonl.xz"
RESULT = ROOT / "benchmarks/results/near_duplicates.json"
THRESHOLD, CLUSTER_THRESHOLDS = 0.8, (0.7, 0.5)
PEER = ["datasketch==2.0.0", "numpy==2.2.6"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")

Text = tuple[str, str]
Found = set[tuple[str, str]]

OURS = """
import json, sys, time, tracemalloc
from gonerd_scraper.cleaning.duplicates import near_duplicates
from gonerd_scraper.cleaning.signatures import Signatures, banding_for

path, threshold, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]
texts = [tuple(json.loads(line)) for line in open(path, encoding="utf-8")]
near_duplicates(texts[:50], threshold=threshold)  # loads what is loaded once
start = time.perf_counter()
pairs = near_duplicates(texts, threshold=threshold)
seconds = time.perf_counter() - start
some = [text for _, text in texts[:1000]]
signatures = Signatures(banding_for(threshold))
tracemalloc.start()
signatures.add(some)
held = tracemalloc.get_traced_memory()[0] / len(some)
found = [[p.a, p.b, p.jaccard] for p in pairs]
json.dump({"seconds": seconds, "signature_bytes": held, "pairs": found}, open(out, "w"))
"""

THEIRS = """
import json, re, sys, time
from functools import lru_cache
from datasketch import MinHash, MinHashLSH
path, threshold, out, permutations = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4])
texts = [tuple(json.loads(line)) for line in open(path, encoding="utf-8")]
word = re.compile(r"\\w+")

def shingles(text):
    words = word.findall(text.lower())
    if len(words) <= 5:
        return frozenset({" ".join(words)})
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], words[3:], words[4:])))

def run(texts):
    text_of = dict(texts)
    held = lru_cache(maxsize=4096)(lambda name: shingles(text_of[name]))
    index = MinHashLSH(threshold=threshold, num_perm=permutations)
    pairs = []
    for name, text in texts:
        own = shingles(text)
        signature = MinHash(num_perm=permutations)
        signature.update_batch([shingle.encode() for shingle in own])
        for other in index.query(signature):
            theirs = held(other)
            shared = len(own & theirs)
            similarity = shared / (len(own) + len(theirs) - shared)
            if similarity >= threshold:
                pairs.append([*sorted((name, other)), similarity])
        index.insert(name, signature)
    return pairs

run(texts[:50])
start = time.perf_counter()
pairs = run(texts)
seconds = time.perf_counter() - start
json.dump({"seconds": seconds, "pairs": pairs}, open(out, "w"))
"""


def records(path: Path) -> Iterator[Text]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            yield record["id"], record["text"]


def with_copies(texts: list[Text], *, copies: int, seed: int) -> list[Text]:
    """`texts` and copies of some in which up to one word in thirty is another, in random order."""
    chance = random.Random(seed)
    changed = []
    for name, text in chance.sample(texts, copies):
        parts = re.split(r"(\s+)", text)
        for _ in range(chance.randrange(0, max(2, len(parts) // 60))):
            parts[2 * chance.randrange(len(parts) // 2)] = f"changed{chance.randrange(1000)}"
        changed.append((f"{name}-copy", "".join(parts)))
    every = texts + changed
    chance.shuffle(every)
    return every


def exact_pairs(texts: list[Text], threshold: float) -> Found:
    """All pairs of at least this similarity: the rarest shingles of a text hold a shared one."""
    numbers: dict[str, int] = {}
    counts: Counter[int] = Counter()
    sets = []
    for _, text in texts:
        words = re.findall(r"\w+", text.lower())
        runs = {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}
        own = [numbers.setdefault(run, len(numbers)) for run in runs]
        counts.update(own)
        sets.append(own)
    sets = [sorted(own, key=lambda number: (counts[number], number)) for own in sets]
    whole = [frozenset(own) for own in sets]
    holders: dict[int, list[int]] = {}
    found = set()
    for position, own in enumerate(sets):
        candidates: set[int] = set()
        for number in own[: len(own) - int(threshold * len(own)) + 1]:
            if counts[number] > 1:
                others = holders.setdefault(number, [])
                candidates.update(others)
                others.append(position)
        for other in candidates:
            shared = len(whole[position] & whole[other])
            if shared >= threshold * (len(own) + len(sets[other]) - shared):
                a, b = sorted((texts[position][0], texts[other][0]))
                found.add((a, b))
    return found


def measured(python: str | Path, code: str, texts: list[Text], *arguments: float) -> dict[str, Any]:
    """Run `code` in a process of its own, with one thread."""
    with tempfile.TemporaryDirectory() as folder:
        path, script, out = (Path(folder) / name for name in ("in.jsonl", "run.py", "out.json"))
        path.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
        script.write_text(code, encoding="utf-8")
        threshold, *others = map(str, arguments)
        subprocess.run(
            [str(python), str(script), str(path), threshold, str(out), *others],
            check=True,
            env=os.environ | dict.fromkeys(THREADS, "1"),
        )
        return dict(json.loads(out.read_text()))


def verdict(run: dict[str, Any], gold: Iterable[tuple[str, str]], documents: int) -> dict[str, Any]:
    wanted, found = set(gold), {(a, b) for a, b, _ in run["pairs"]}
    memory = {"signature_bytes": round(run["signature_bytes"])} if "signature_bytes" in run else {}
    return memory | {
        "documents_per_second": round(documents / run["seconds"]),
        "seconds": round(run["seconds"], 3),
        "pairs": len(found),
        "recall": round(len(found & wanted) / len(wanted), 5),
        "precision": round(len(found & wanted) / len(found), 5) if found else None,
    }


def collections(texts: int, copies: int) -> Iterator[tuple[str, list[Text], dict[float, Found]]]:
    """Name, texts, and the gold pairs by threshold."""
    articles = json.loads((DATA / "neardup/minhash_articles_1000.pairs.json").read_text())
    yield (
        "articles_1000",
        list(records(ARTICLES)),
        {THRESHOLD: {tuple(sorted(p)) for p in articles}},
    )
    ids = set(json.loads((DATA / "neardup/senate_doc_ids.json").read_text()))
    every = list(records(RELEASES))
    scored = json.loads((DATA / "neardup/senate_exact_jaccard_pairs.json").read_text())["pairs"]
    yield (
        "press_releases_5970",
        [text for text in every if text[0] in ids],
        {
            threshold: {(min(a, b), max(a, b)) for a, b, j in scored if j >= threshold}
            for threshold in (THRESHOLD, *CLUSTER_THRESHOLDS)
        },
    )
    some = random.Random(1).sample(every, texts)
    planted = with_copies(some, copies=copies, seed=2)
    yield (
        f"press_releases_{texts}_and_{copies}_copies",
        planted,
        {THRESHOLD: exact_pairs(planted, THRESHOLD)},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--copies", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3, help="the fastest of so many counts")
    options = parser.parse_args()
    theirs = peer_python("datasketch", PEER)
    result: dict[str, Any] = {"machine": environment(), "threshold": THRESHOLD, "peer": PEER}
    for name, texts, gold in collections(options.texts, options.copies):
        rows: dict[str, Any] = {}
        programs = {
            "gonerd": (sys.executable, OURS, ()),
            "datasketch_128": (theirs, THEIRS, (128,)),
            "datasketch_256": (theirs, THEIRS, (256,)),
        }
        for program, (python, code, more) in programs.items():
            runs = [
                measured(python, code, texts, THRESHOLD, *more)
                for _ in range(options.rounds if len(texts) < 10_000 or program == "gonerd" else 1)
            ]
            run = min(runs, key=lambda run: float(run["seconds"]))
            rows[program] = verdict(run, gold[THRESHOLD], len(texts))
            print(name, program, rows[program], flush=True)
        for threshold in CLUSTER_THRESHOLDS:
            if threshold in gold:
                run = measured(sys.executable, OURS, texts, threshold)
                rows[f"gonerd_at_{threshold}"] = verdict(run, gold[threshold], len(texts))
                print(name, threshold, rows[f"gonerd_at_{threshold}"], flush=True)
        speeds = {program: rows[program]["documents_per_second"] for program in programs}
        rows["times_datasketch"] = round(speeds["gonerd"] / speeds["datasketch_128"], 1)
        rows["documents"] = len(texts)
        rows["gold_pairs"] = len(gold[THRESHOLD])
        result[name] = rows
        print(name, rows["times_datasketch"], "times datasketch", flush=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
