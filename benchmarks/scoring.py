"""How fast and in how much memory predictions are scored, against seqeval's `classification_report`.

Documents of annotated corpora with predictions that go wrong in every way, as many as GONERD has (2,237,
with at least 1.1 million tokens and 65,000 entities); all are taken again where the files hold fewer.

- Per type: the whole of `gonerd.scoring` but intervals (types, sources, lengths, places, kinds of errors,
  partial and word scores, common window) against seqeval's report alone, whose tags are ready made. Rounds
  alternate; the ratio is the median of theirs, in processor time, as both use one core, which others may
  want as well. The counts of every type must be the same.
- Intervals: 2,000 and 10,000 replicates for all figures and types, full document and common window.
- Memory: the peak of the process `gonerd score` on files of 10,000 and of 100,000 documents, in gold's order
  and shuffled.
- Start: `gonerd score` on 100 documents, the process included.

Run: python benchmarks/scoring.py [--rounds 5] [--small] [--out FILE]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

from gonerd.align import fit_to_tokens, tags_from_entities
from gonerd.corpora import read_corpus
from gonerd.files import write_json
from gonerd.labels import LABELS
from gonerd.machine import environment
from gonerd.records import write_documents, write_json_lines
from gonerd.schema import Document, Entity, text_sha256
from gonerd.scoring import Scorer

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data/ner"
RESULT = ROOT / "benchmarks/results/scoring.json"
CORPORA = (
    "worldwide_newswire_africa_asia",
    "litbank_proper",
    "gum_derived",
    "wikigold",
    "tab_echr",
)
DOCUMENTS, TOKENS, ENTITIES = 2237, 1_100_000, 65_000
FILES = 10_000, 100_000
WORDS = 120
"""Of a document in the large files."""

CHILD = """
import sys
from gonerd.cli.main import run
status = run(sys.argv[2:])
with open("/proc/self/status") as lines, open(sys.argv[1], "w") as told:
    told.write(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))
sys.exit(status)
"""

Pair = tuple[Document, list[Entity]]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--small", action="store_true", help="A hundredth of it all, as a check.")
    options.add_argument("--out", type=Path, default=RESULT)
    asked = options.parse_args()
    if not DATA.exists():
        print(f"{DATA.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    share = 100 if asked.small else 1
    corpora = list(fitted())
    pairs = [
        (document, wrong(document, number))
        for number, document in enumerate(enough(corpora, share))
    ]
    speed = against_seqeval(pairs, asked.rounds)
    if speed is None:
        print("the counts differ from seqeval's", file=sys.stderr)
        return 1
    pieces = [beginning(document, number) for number, document in enumerate(corpora)]
    with tempfile.TemporaryDirectory() as folder:
        memory = [
            peak(Path(folder), pieces, documents // share, shuffled=shuffled)
            for shuffled in (False, True)
            for documents in FILES
        ]
        start = started(Path(folder), pieces, asked.rounds)
    write_json(
        asked.out,
        {
            "question": "how fast, and in how much memory, are predictions scored?",
            "corpora": list(CORPORA),
            "documents": len(pairs),
            "tokens": sum(len(document.tokens or ()) for document, _ in pairs),
            "entities": sum(len(document.entities) for document, _ in pairs),
            "predictions": sum(len(found) for _, found in pairs),
            **speed,
            "intervals": {
                str(replicates): interval_seconds(pairs, replicates)
                for replicates in (2000, 10_000)
            },
            "score_process": memory,
            "score_100_documents": start,
            "machine": environment(),
        },
        overwrite=True,
    )
    print(asked.out.read_text(encoding="utf-8"))
    return 0


def fitted() -> Iterator[Document]:
    """All documents of the corpora, with tokens and flat entities."""
    for name in CORPORA:
        for document in read_corpus(DATA / f"{name}.jsonl.gz"):
            yield fit_to_tokens(document, on_misaligned="drop")[0]


def enough(corpora: Iterable[Document], share: int) -> Iterator[Document]:
    """Documents over and over until there are enough of them, of tokens and of entities."""
    tokens = entities = 0
    for documents, document in enumerate(cycle(corpora)):
        if (
            documents * share >= DOCUMENTS
            and tokens * share >= TOKENS
            and entities * share >= ENTITIES
        ):
            return
        tokens += len(document.tokens or ())
        entities += len(document.entities)
        yield document


def wrong(document: Document, seed: int) -> list[Entity]:
    """Gold with one entity in five missed, moved by a word, of another label, or too many; still flat."""
    chance = random.Random(seed)
    tokens = document.tokens or ()
    ends = {end: place for place, (_, end) in enumerate(tokens)}
    found: list[Entity] = []
    for entity in document.entities:
        label, end, drawn = entity.label, entity.end, chance.random()
        place = ends[end]
        if drawn < 0.05:
            continue
        if drawn < 0.10:
            label = chance.choice(LABELS)
        elif drawn < 0.15 and place and tokens[place - 1][0] >= entity.start:
            end = tokens[place - 1][1]
        found.append(Entity(entity.start, end, label))
        after = place + 2
        if drawn > 0.95 and after + 1 < len(tokens):
            found.append(Entity(*tokens[after], label))
    spoiled = replace(document, entities=tuple(found))
    return list(fit_to_tokens(spoiled, on_misaligned="drop")[0].entities)


def against_seqeval(pairs: list[Pair], rounds: int) -> dict[str, Any] | None:
    """Seconds of both, in alternating rounds; None where the counts differ."""
    from seqeval.metrics import classification_report

    gold = [tags_from_entities(document.tokens or (), document.entities) for document, _ in pairs]
    found = [tags_from_entities(document.tokens or (), entities) for document, entities in pairs]
    measured = []
    for _ in range(rounds):
        scores, own = busy(lambda: counted(pairs).scores(replicates=1))
        report, theirs = busy(
            lambda: classification_report(gold, found, output_dict=True, zero_division=0)
        )
        if not same_counts(scores["full"], report):
            return None
        measured.append(
            {
                "cpu_seconds": round(own, 3),
                "seqeval_cpu_seconds": round(theirs, 3),
                "ratio": round(theirs / own, 1),
            }
        )
    return {
        "same_counts": True,
        "ratio": median(entry["ratio"] for entry in measured),
        "ratio_smallest": min(entry["ratio"] for entry in measured),
        "rounds": measured,
    }


def counted(pairs: list[Pair]) -> Scorer:
    scorer = Scorer(paper=None)
    for document, entities in pairs:
        scorer.add(document, entities)
    return scorer


def same_counts(full: dict[str, Any], report: dict[str, Any]) -> bool:
    """Whether the counts that follow from the ratios and the support of seqeval are ours."""
    for label, entry in [("micro avg", full), *full["by_type"].items()]:
        theirs = report[label]
        tp = round(theirs["recall"] * theirs["support"])
        found = round(tp / theirs["precision"]) if tp else 0
        if (tp, found, int(theirs["support"])) != (
            entry["tp"],
            entry["tp"] + entry["fp"],
            entry["tp"] + entry["fn"],
        ):
            return False
    return True


def interval_seconds(pairs: list[Pair], replicates: int) -> float:
    scorer = counted(pairs)
    scorer.scores(replicates=1)
    return round(timed(lambda: scorer.scores(replicates=replicates))[1], 3)


def peak(folder: Path, pieces: list[Pair], documents: int, *, shuffled: bool) -> dict[str, Any]:
    """Seconds and peak memory of `gonerd score` on files of so many documents."""
    gold, found = files(folder, pieces, documents, shuffled=shuffled)
    seconds, mib = process(folder, "score", str(gold), str(found))
    return {
        "documents": documents,
        "shuffled": shuffled,
        "predictions_mib": round(found.stat().st_size / 2**20, 1),
        "seconds": round(seconds, 1),
        "peak_rss_mib": round(mib, 1),
    }


def started(folder: Path, pieces: list[Pair], rounds: int) -> dict[str, float]:
    gold, found = map(str, files(folder, pieces, 100, shuffled=False))
    return {
        name: round(
            median(process(folder, "score", gold, found, *extra)[0] for _ in range(rounds)), 2
        )
        for name, extra in (("text_seconds", []), ("json_with_seqeval_seconds", ["--json"]))
    }


def files(folder: Path, pieces: list[Pair], documents: int, *, shuffled: bool) -> tuple[Path, Path]:
    """Gold as JSON Lines of ours, predictions as `gonerd eval` writes them."""
    gold, found = folder / "gold.jsonl", folder / "predictions.jsonl"
    order = list(range(documents))
    write_documents(
        gold, (replace(pieces[n % len(pieces)][0], id=f"d{n}") for n in order), overwrite=True
    )
    if shuffled:
        random.Random(0).shuffle(order)
    write_json_lines(
        found, (prediction(n, *pieces[n % len(pieces)]) for n in order), overwrite=True
    )
    return gold, found


def beginning(document: Document, number: int) -> Pair:
    """The first words of a document, and predictions in them."""
    tokens = (document.tokens or ())[:WORDS]
    end = tokens[-1][1]
    entities = tuple(entity for entity in document.entities if entity.end <= end)
    short = Document(id=document.id, text=document.text[:end], entities=entities, tokens=tokens)
    return short, wrong(short, number)


def prediction(number: int, document: Document, found: list[Entity]) -> dict[str, Any]:
    return {
        "doc_id": f"d{number}",
        "text_sha256": text_sha256(document.text),
        "entities": [[entity.start, entity.end, entity.label] for entity in found],
        "consumed_to": len(document.text),
        "windows": 1,
    }


def process(folder: Path, *arguments: str) -> tuple[float, float]:
    """Seconds and peak memory in MiB of a `gonerd` of its own, which tells its peak itself.

    What the system tells of a child counts the memory of this process, too, of which it began as a copy.
    """
    told = folder / "peak"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", CHILD, str(told), *arguments], check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began, int(told.read_text(encoding="ascii")) / 1024


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def busy(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the seconds that a processor worked for it."""
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
