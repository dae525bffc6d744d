"""Does the language rule keep all English and drop the rest? And how much of a text does it need?

Two sets: the Universal Declaration of Human Rights in 58 texts, and 63 real news pages of 30 publishers,
each read by the project's own extraction. English is the standard language in any spelling; Scots,
Nigerian Pidgin and Tok Pisin are others. Beside whole documents: their first 100, 200 and 400 characters,
paragraph by paragraph; texts in which every second paragraph is another language's; and English press
releases, of which none should go. The peers are the two detectors that the rule is made of, each alone.

Run: python benchmarks/language_filter.py [--data ../shared/data] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from gonerd.files import write_json
from gonerd.machine import environment
from gonerd.schema import Document
from gonerd_scraper.cleaning.filters import RULES, CleanRules
from gonerd_scraper.cleaning.measures import measures_of
from gonerd_scraper.extraction.extract import PageInput, read_page
from gonerd_scraper.language import foreign_share, language_of

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data"
RESULT = ROOT / "benchmarks/results/language_filter.json"
EXCERPTS = (100, 200, 400)
RULE = CleanRules()

Judge = Callable[[str], bool]
"""Whether a text is taken for English."""


def rule(text: str) -> bool:
    """The project's rule as `gonerd clean` asks it."""
    document = Document(id="x", text=text)
    checks = RULES["language"](document, measures_of(document), RULE)
    return all(check.passed for check in checks)


def model_alone(text: str) -> bool:
    """py3langid, whole text."""
    from py3langid import classify

    return str(classify(text)[0]) == "en"


def ngrams_alone(text: str) -> bool:
    """Resiliparse's detector, whole text."""
    from resiliparse.parse.lang import detect_fast

    return str(detect_fast(text)[0]) == "en"


JUDGES: dict[str, Judge] = {
    "rule": rule,
    "py3langid_alone": model_alone,
    "resiliparse_alone": ngrams_alone,
}


def declarations(data: Path) -> list[tuple[str, str]]:
    """Language and text of each declaration."""
    with lzma.open(data / "langid/udhr.jsonl.xz", "rt", encoding="utf-8") as file:
        return [(row["lang"], row["text"]) for row in map(json.loads, file)]


def pages(data: Path) -> list[tuple[str, str]]:
    """`en` or the country, and the extracted text, of each real page; those without text are left out."""
    found = []
    with tarfile.open(data / "html/fundus_pages.tar.xz") as tar:
        files = {m.name.removeprefix("./"): m for m in tar.getmembers() if m.isfile()}

        def content(name: str) -> bytes:
            file = tar.extractfile(files[name])
            assert file is not None
            return file.read()

        for key, gold in json.loads(content("ground-truth.json")).items():
            reading = read_page(
                PageInput(
                    url=gold["url"],
                    headers=(("Content-Type", "text/html; charset=utf-8"),),
                    body=content(f"html/{key}.html"),
                    fetched_at="2026-10-01T00:00:00Z",
                    agent="gonerd",
                    noindex="record",
                    tdm="record",
                )
            )
            if reading.text:
                found.append(("en" if gold["english"] else gold["country"], reading.text))
    return found


def judged(texts: Iterable[tuple[str, str]], judge: Judge) -> dict[str, Any]:
    """How many English texts are kept, how many others dropped, and which were not."""
    counts, wrong = Counter[str](), Counter[str]()
    for language, text in texts:
        english = language == "en"
        name = "english" if english else "other"
        counts[name] += 1
        if judge(text) == english:
            counts[f"{name}_right"] += 1
        else:
            wrong[language] += 1
    return {
        "english": counts["english"],
        "english_lost": counts["english"] - counts["english_right"],
        "other": counts["other"],
        "other_dropped": counts["other_right"],
        "other_dropped_share": round(counts["other_right"] / max(counts["other"], 1), 4),
        "wrong_by_language": dict(wrong.most_common()),
    }


def excerpts(texts: Iterable[tuple[str, str]], length: int) -> list[tuple[str, str]]:
    """The first `length` characters of each paragraph that has as many."""
    return [
        (language, line[:length])
        for language, text in texts
        for line in text.split("\n")
        if len(line) >= length
    ]


def mixed(texts: list[tuple[str, str]]) -> dict[str, Any]:
    """English declarations with every second paragraph of another: the share of them that is dropped."""
    english = dict(texts)["en"].split("\n")
    kept = [
        language
        for language, text in texts
        if language != "en"
        and rule(
            "\n".join(
                part for pair in zip(english, text.split("\n"), strict=False) for part in pair
            )
        )
    ]
    return {
        "texts": len(texts) - 1,
        "dropped": len(texts) - 1 - len(kept),
        "kept_by_language": sorted(kept),
    }


def releases(data: Path) -> dict[str, Any]:
    """English press releases that the rule drops, and the most foreign of those that it keeps."""
    path = data / "mlm/senate_press_releases.jsonl.xz"
    with lzma.open(path, "rt", encoding="utf-8") as file:
        texts = [row["text"] for row in map(json.loads, islice(file, 0, None, 11))]
    return {
        "texts": len(texts),
        "dropped": sum(not rule(text) for text in texts),
        "first_200_characters_dropped": sum(not rule(text[:200]) for text in texts),
        "largest_foreign_share": max(foreign_share(text) for text in texts),
    }


def speed(texts: list[str]) -> dict[str, Any]:
    """Documents a second on one core, the best of three rounds."""
    from py3langid import classify

    judges: dict[str, Callable[[str], object]] = {
        "language_of": language_of,
        "foreign_share": foreign_share,
        "py3langid_alone": classify,
    }
    found = {}
    for name, judge in judges.items():
        rounds = []
        for _ in range(3):
            begin = time.perf_counter()
            for text in texts:
                judge(text)
            rounds.append(time.perf_counter() - begin)
        found[f"{name}_documents_per_second"] = round(len(texts) / min(rounds))
    return found


def main() -> None:
    """Measure, write the result and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    for name in ("langid/udhr.jsonl.xz", "html/fundus_pages.tar.xz"):
        if not (options.data / name).exists():
            sys.exit(f"{options.data / name} is not there")
    declared, real = declarations(options.data), pages(options.data)
    result = {
        "question": "Is all English kept and are at least 99% of the others dropped?",
        "documents": {
            judge: {
                "declarations": judged(declared, decide),
                "pages": judged(real, decide),
                "together": judged([*declared, *real], decide),
            }
            for judge, decide in JUDGES.items()
        },
        "excerpts": {
            str(length): {
                judge: judged(excerpts(declared, length), decide)
                for judge, decide in JUDGES.items()
            }
            for length in EXCERPTS
        },
        "mixed_with_english": mixed(declared),
        "press_releases": releases(options.data),
        "speed": speed([text for language, text in real if language == "en"]),
        "machine": environment(),
    }
    write_json(options.out, result, overwrite=True)
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
