"""How fast entities become tags, against spaCy's `offsets_to_biluo_tags` on the same tokens.

Documents of annotated corpora, their own tokens and flat entities, taken until there are 1.1 million
tokens and 65,000 entities (the size of GONERD's own annotation is of that order); all are taken again
where the files hold fewer. Timed is the alignment alone: spaCy gets its `Doc` ready made, which takes
longer than its alignment and is told beside it. Rounds alternate; the ratio is the median of theirs.
The tags must be the same, BILUO read as BIO.

Run: python benchmarks/alignment.py [--rounds 5] [--out FILE]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

from gonerd.align import fit_to_tokens, tags_from_entities
from gonerd.corpora import read_corpus
from gonerd.files import write_json
from gonerd.machine import environment
from gonerd.schema import Document

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data/ner"
RESULT = ROOT / "benchmarks/results/alignment.json"
CORPORA = (
    "worldwide_newswire_africa_asia",
    "litbank_proper",
    "gum_derived",
    "wikigold",
    "tab_echr",
)
TOKENS, ENTITIES = 1_100_000, 65_000
BIO = {"B": "B", "U": "B", "I": "I", "L": "I"}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--out", type=Path, default=RESULT)
    asked = options.parse_args()
    if not DATA.exists():
        print(f"{DATA.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    documents = list(enough())
    began = time.perf_counter()
    peers = [spacy_document(document) for document in documents]
    making = time.perf_counter() - began
    rounds = []
    for _ in range(asked.rounds):
        own, own_seconds = timed(lambda: [own_tags(document) for document in documents])
        theirs, their_seconds = timed(lambda: [spacy_tags(*peer) for peer in peers])
        for document, tags, (doc, _), biluo in zip(documents, own, peers, theirs, strict=True):
            if tags != bio_tags(doc, biluo):
                print(f"document {document.id!r}: the tags differ", file=sys.stderr)
                return 1
        rounds.append(
            {
                "seconds": round(own_seconds, 3),
                "spacy_seconds": round(their_seconds, 3),
                "ratio": round(their_seconds / own_seconds, 2),
            }
        )
    tokens = sum(len(document.tokens or ()) for document in documents)
    write_json(
        asked.out,
        {
            "question": "entities to tags: how many times as fast as spaCy's offsets_to_biluo_tags?",
            "corpora": list(CORPORA),
            "documents": len(documents),
            "tokens": tokens,
            "entities": sum(len(document.entities) for document in documents),
            "same_tags": True,
            "ratio": median(entry["ratio"] for entry in rounds),
            "ratio_smallest": min(entry["ratio"] for entry in rounds),
            "tokens_per_second": round(tokens / median(entry["seconds"] for entry in rounds)),
            "spacy_docs_made_in_seconds": round(making, 3),
            "rounds": rounds,
            "machine": environment(),
        },
        overwrite=True,
    )
    print(asked.out.read_text(encoding="utf-8"))
    return 0


def enough() -> Iterator[Document]:
    """Documents with tokens and flat entities, over and over until there are enough of both."""
    files = [DATA / f"{name}.jsonl.gz" for name in CORPORA]
    fitted = [
        fit_to_tokens(document, on_misaligned="drop")[0]
        for path in files
        for document in read_corpus(path)
    ]
    tokens = entities = 0
    for document in cycle(fitted):
        if tokens >= TOKENS and entities >= ENTITIES:
            return
        tokens += len(document.tokens or ())
        entities += len(document.entities)
        yield document


def own_tags(document: Document) -> list[str]:
    return tags_from_entities(document.tokens or (), document.entities)


def spacy_document(document: Document) -> tuple[Any, list[tuple[int, int, str]]]:
    """A spaCy `Doc` with the very tokens, at the very offsets, and the entities beside it.

    spaCy knows one blank behind a token or none; longer white space is made a token there and has no
    tag of ours.
    """
    from spacy.tokens import Doc

    words: list[str] = []
    spaces: list[bool] = []
    end = 0
    for start, stop in document.tokens or ():
        gap = document.text[end:start]
        if gap and words and gap[0] == " ":
            spaces[-1], gap = True, gap[1:]
        if gap:
            words.append(gap)
            spaces.append(False)
        words.append(document.text[start:stop])
        spaces.append(False)
        end = stop
    doc = Doc(vocabulary(), words=words, spaces=spaces)
    return doc, [(entity.start, entity.end, entity.label) for entity in document.entities]


@cache
def vocabulary() -> Any:
    import spacy

    return spacy.blank("en").vocab


def spacy_tags(doc: Any, entities: list[tuple[int, int, str]]) -> list[str]:
    from spacy.training import offsets_to_biluo_tags

    return offsets_to_biluo_tags(doc, entities)


def bio_tags(doc: Any, biluo: list[str]) -> list[str]:
    """BILUO as BIO, of the tokens that are not white space."""
    return [
        BIO.get(tag[0], tag[0]) + tag[1:]
        for token, tag in zip(doc, biluo, strict=True)
        if not token.is_space
    ]


def timed(work: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
