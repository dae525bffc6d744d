"""The sample newsroom end to end: crawl, clean, and every decision beside the known truth.

The newsroom is synthetic: its figures say nothing about real text. They say whether each step does what
it is for on a web of which all is known: what lies at each address, which text is its own, what it is a
duplicate of.

- Extraction: the texts that were found against those that were written, by runs of four words.
- Rules: of the pages that reached cleaning, those that a rule dropped and should have (precision), and those
  that should have gone and did, for a reason that is true (recall). A page may have two reasons: a list of
  three lines is short, and so is a page of which extraction left less than fifty words; one of which it
  left less than what stands around is boilerplate.
- Duplicates: groups of texts with a Jaccard similarity of 0.8 or more, counted here by brute force on the
  written texts. Extraction can move a pair over the line: pairs within 0.05 of it are neither asked for nor
  held against the rule.

Run: python benchmarks/newsroom_truth.py [--articles 1500] [--seed 0 --seed 1 ...] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from gonerd.files import write_json
from gonerd.machine import environment
from gonerd.newsroom.server import serving
from gonerd.newsroom.web import Newsroom

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/newsroom_truth.json"
RULE_OF_REASON = {
    "boilerplate": "boilerplate",
    "code": "code",
    "duplicate": "duplicate",
    "language": "language",
    "list": "list_page",
    "noise": "noisy",
    "paywall": "paywall",
    "short": "short",
}
MIN_WORDS = 50
DUPLICATE, BAND = 0.8, 0.05
FLOOR = 0.98

Record = dict[str, Any]


def gonerd(*words: str) -> Record:
    """Run one command as a user would, and return the object that it prints."""
    command = (sys.executable, "-m", "gonerd.cli.main", *words, "--json")
    said = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE)
    return dict(json.loads(said.stdout))


def crawl_and_clean(web: Newsroom, folder: Path) -> None:
    """Leave `crawl` and `clean` in `folder`."""
    settings = folder / "crawl.toml"
    settings.write_text("max_crawl_delay = 0.0\nbackoff = 0.05\n")
    with serving(web) as server:
        gonerd(
            *("scrape", *(f"http://{host}/" for host in web.hosts)),
            *("--connect-to", server.address, "--delay", "0"),
            *("--config", str(settings), "--out", str(folder / "crawl")),
        )
    gonerd("clean", str(folder / "crawl/documents.jsonl"), "--out", str(folder / "clean"))


def rows(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def words(text: str) -> int:
    return sum(any(map(str.isalnum, part)) for part in text.split())


def grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    return Counter(tuple(found[i : i + size]) for i in range(max(1, len(found) - size + 1)))


def address_of(document: Record) -> str:
    return str(document["meta"].get("final_url") or document["meta"]["url"])


def extraction(web: Newsroom, documents: Mapping[str, Record]) -> Record:
    """F1, precision and recall of the articles' texts, a mean over pages."""
    precision, recall, exact, missing = [], [], 0, 0
    for truth in web.truth():
        if truth["kind"] not in ("article", "reprint") or truth["reason"] == "robots":
            continue
        document = documents.get(truth["url"])
        wanted = grams(web.text_of(truth["url"]), 4)
        if document is None:
            missing += 1
            recall.append(0.0)
            continue
        got = grams(document["text"], 4)
        shared = (wanted & got).total()
        precision.append(shared / got.total())
        recall.append(shared / wanted.total())
        exact += document["text"] == web.text_of(truth["url"])
    p, r = sum(precision) / len(precision), sum(recall) / len(recall)
    return {
        "pages": len(recall),
        "missing": missing,
        "exactly_right": exact,
        "precision": round(p, 4),
        "recall": round(r, 4),
        "f1": round(2 * p * r / (p + r), 4),
    }


def true_rules(web: Newsroom, url: str) -> tuple[str, set[str]]:
    """The rule that should drop a page, empty for none, and all that may: few words are short, too."""
    truth = web.truth_of(url)
    if truth is None:
        return "", set()
    rule = RULE_OF_REASON.get(truth["reason"] or "", "")
    short = {"short"} if words(web.text_of(url)) < MIN_WORDS else set()
    return rule, ({rule} if rule else set()) | short


def own_words(web: Newsroom, url: str, document: Record) -> int:
    """Words of the page's own that extraction left in a document."""
    own = set(web.text_of(url).split("\n"))
    return words("\n".join(line for line in document["text"].split("\n") if line in own))


def rules(
    web: Newsroom, documents: Mapping[str, Record], dropped: Mapping[str, str]
) -> dict[str, Record]:
    """Precision and recall of each rule over the documents that reached cleaning; duplicates apart."""
    right, wrong, lost, confused = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for url, document in documents.items():
        rule, may = true_rules(web, url)
        found = dropped.get(document["id"], "")
        found = "" if "duplicate" in found else found
        if rule == "duplicate":  # as good as any article but for its twin
            rule = ""
        own = own_words(web, url, document)
        if rule and own < MIN_WORDS:
            may = may | {"short"}
        if rule and own < words(document["text"]) / 2:
            may = may | {"boilerplate"}
        if found:
            (right if found in may else wrong)[found] += 1
        if rule and found not in may:
            lost[rule] += 1
        if (rule or found) and found not in may:
            confused[f"{rule or 'keep'} -> {found or 'kept'}"] += 1
    table = {}
    for rule in sorted({*RULE_OF_REASON.values()} - {"duplicate"}):
        called, true = right[rule] + wrong[rule], right[rule] + lost[rule]
        table[rule] = {
            "dropped_rightly": right[rule],
            "dropped_wrongly": wrong[rule],
            "missed": lost[rule],
            "precision": round(right[rule] / called, 4) if called else None,
            "recall": round(right[rule] / true, 4) if true else None,
        }
    table["mistakes"] = dict(confused.most_common())
    return table


def true_pairs(texts: Mapping[str, str], least: float) -> dict[tuple[str, str], float]:
    """All pairs with at least this Jaccard similarity of their 5-word shingles, by counting."""
    sets = {url: set(grams(text, 5)) for url, text in texts.items()}
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for url in sorted(sets):
        for gram in sets[url]:
            holders[gram].append(url)
    shared: Counter[tuple[str, str]] = Counter()
    for urls in holders.values():
        shared.update(combinations(urls, 2))
    found = {}
    for (a, b), count in shared.items():
        similarity = count / (len(sets[a]) + len(sets[b]) - count)
        if similarity >= least:
            found[a, b] = similarity
    return found


def groups(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Connected groups."""
    of: dict[str, set[str]] = {}
    for a, b in pairs:
        whole = of.get(a, {a}) | of.get(b, {b})
        for member in whole:
            of[member] = whole
    return [set(group) for group in {id(group): group for group in of.values()}.values()]


def duplicates(
    web: Newsroom, documents: Mapping[str, Record], dropped: Mapping[str, str], kept: set[str]
) -> Record:
    """Whether all but one of each group of duplicates went, and nothing else did for being one."""
    texts = {
        url: web.text_of(url) for url in documents if not (true_rules(web, url)[1] - {"duplicate"})
    }
    pairs = true_pairs(texts, DUPLICATE - BAND)
    sure = groups(pair for pair, similarity in pairs.items() if similarity >= DUPLICATE + BAND)
    possible = {url for pair in pairs for url in pair}
    called = [url for url, d in documents.items() if "duplicate" in dropped.get(d["id"], "")]
    ids = {url: document["id"] for url, document in documents.items()}
    left = [sum(ids[url] in kept for url in group) for group in sure]
    should, went = (
        sum(len(group) - 1 for group in sure),
        sum(len(g) - max(n, 1) for g, n in zip(sure, left, strict=True)),
    )
    right = sum(url in possible for url in called)
    return {
        "groups": len(sure),
        "groups_with_one_left": left.count(1),
        "groups_with_none_left": left.count(0),
        "dropped_as_duplicates": len(called),
        "precision": round(right / len(called), 4) if called else None,
        "to_be_dropped": should,
        "recall": round(went / should, 4) if should else None,
        "pairs_within_the_band": sum(abs(s - DUPLICATE) < BAND for s in pairs.values()),
    }


def clusters(web: Newsroom, kept: Iterable[Record]) -> Record:
    """Whether texts that belong together, and are both kept, share a cluster."""
    cluster = {address_of(record): record["meta"]["cluster"] for record in kept}
    pairs = true_pairs({url: web.text_of(url) for url in cluster}, 0.5)
    together = sum(cluster[a] == cluster[b] for a, b in pairs)
    return {"kept_pairs_similar_by_0.5": len(pairs), "in_one_cluster": together}


def decisions(web: Newsroom, documents: Mapping[str, Record], kept: set[str]) -> Record:
    """Keep or not, whatever the rule, of all addresses that should give a document and all others."""
    should = [t for t in web.truth() if t["expected"] == "keep"]
    there = sum(t["url"] in documents and documents[t["url"]]["id"] in kept for t in should)
    others = sum(
        1
        for url, document in documents.items()
        if document["id"] in kept and (web.truth_of(url) or {}).get("expected") != "keep"
    )
    return {"expected": len(should), "kept_of_them": there, "kept_of_others": others}


def measure(articles: int, seed: int) -> Record:
    """Everything for one newsroom."""
    web = Newsroom(articles, seed=seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        crawl_and_clean(web, folder)
        documents = {address_of(row): row for row in rows(folder / "crawl/documents.jsonl")}
        kept = rows(folder / "clean/documents.jsonl")
        dropped = {row["id"]: row["rule"] for row in rows(folder / "clean/rejected.jsonl")}
        report = json.loads((folder / "crawl/report.json").read_text())
    names = {row["id"] for row in kept}
    return {
        "articles": articles,
        "seed": seed,
        "pages_crawled": report["pages"],
        "documents": len(documents),
        "kept": len(kept),
        "extraction": extraction(web, documents),
        "rules": rules(web, documents, dropped),
        "duplicates": duplicates(web, documents, dropped, names),
        "clusters": clusters(web, kept),
        "decisions": decisions(web, documents, names),
    }


def below(runs: list[Record]) -> list[str]:
    """What is below the floor, as sentences."""
    found = []
    for run in runs:
        tables = {**run["rules"], "duplicates": run["duplicates"]}
        tables.pop("mistakes")
        for rule, table in tables.items():
            found += [
                f"seed {run['seed']}: {name} of {rule} is {table[name]}"
                for name in ("precision", "recall")
                if table[name] is not None and table[name] < FLOOR
            ]
    return found


def main() -> None:
    """Measure each seed, write the result and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--seed", type=int, action="append", dest="seeds")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    runs = [measure(options.articles, seed) for seed in options.seeds or (0, 1, 2)]
    result = {
        "question": "Are precision and recall of each rule at least 0.98 on the sample newsroom?",
        "synthetic": True,
        "below_0.98": below(runs),
        "runs": runs,
        "machine": environment(),
    }
    write_json(options.out, result, overwrite=True)
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
