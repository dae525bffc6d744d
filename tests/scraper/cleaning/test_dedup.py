"""`gonerd dedup`: pairs, what stays, standard streams, bad input."""

from __future__ import annotations

import json
import lzma
import os
import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.records import read_documents
from gonerd.shingles import jaccard, shingles
from tests.places import SHARED_DATA
from tests.scraper.small_web import rows

DATA = SHARED_DATA / "neardup"
ARTICLES, GOLD = DATA / "minhash_articles_1000.jsonl.xz", DATA / "minhash_articles_1000.pairs.json"


def texts(count: int = 40) -> dict[str, str]:
    """Texts, copies of them, and copies with one to ten other words of sixty."""
    chance = random.Random(3)
    found = {}
    for number in range(count):
        words = [f"w{chance.randrange(3000)}" for _ in range(60)]
        found[f"{number:03d}"] = " ".join(words)
        if number % 4 == 0:
            found[f"{number:03d}copy"] = " ".join(words).upper()
            found[f"{number:03d}same"] = " ".join(words)
        for _ in range(chance.randrange(1, 11)):
            words[chance.randrange(60)] = "other"
        if number % 3 == 0:
            found[f"{number:03d}near"] = " ".join(words)
    return found


def write(path: Path, found: dict[str, str], **meta: str) -> str:
    lines = [json.dumps({"id": name, "text": text, "meta": meta}) for name, text in found.items()]
    random.Random(0).shuffle(lines)
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.8, 0.95, 1.0])
def test_the_pairs_are_those_that_brute_force_finds(tmp_path, threshold, capsys):
    found = texts()
    sets = {name: shingles(text) for name, text in found.items()}
    wanted = [
        {"a": a, "b": b, "jaccard": round(jaccard(sets[a], sets[b]), 6)}
        for a, b in combinations(sorted(sets), 2)
        if jaccard(sets[a], sets[b]) >= threshold
    ]
    out = tmp_path / "pairs.jsonl"
    command = ["dedup", write(tmp_path / "in.jsonl", found), "--threshold", str(threshold)]
    assert run([*command, "--pairs-out", str(out), "--json"]) == 0
    assert rows(out) == wanted
    assert len(wanted) >= 30
    report = json.loads(capsys.readouterr().out)
    assert report["pairs"] == len(wanted)
    assert report["method"]["recall_at_threshold"] >= 0.999


def test_of_a_group_one_stays_and_everything_is_ordered_by_id(tmp_path):
    found = texts()
    command = ["dedup", write(tmp_path / "in.jsonl", found), "--out", str(tmp_path / "out.jsonl")]
    assert run(command) == 0
    kept = list(read_documents(tmp_path / "out.jsonl"))
    assert [d.id for d in kept] == sorted(d.id for d in kept)
    assert all(d.text == found[d.id] for d in kept)
    names = {d.id for d in kept}
    assert names >= {f"{number:03d}" for number in range(40)}
    assert not any(name.endswith(("copy", "same")) for name in names)
    assert (
        run(["dedup", str(tmp_path / "out.jsonl"), "--pairs-out", str(tmp_path / "none.jsonl")])
        == 0
    )
    assert rows(tmp_path / "none.jsonl") == []


def test_pairs_go_through_standard_streams(tmp_path):
    path = Path(write(tmp_path / "in.jsonl", {"b": "One two, three.", "a": "one two three"}))
    ran = subprocess.run(
        [sys.executable, "-m", "gonerd.cli.main", "dedup", "-", "--pairs-out", "-"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        input=path.read_bytes(),
        capture_output=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert list(map(json.loads, ran.stdout.splitlines())) == [{"a": "a", "b": "b", "jaccard": 1.0}]


def test_what_a_site_repeats_is_compared_unless_it_is_asked_not_to(tmp_path, capsys):
    footer = " ".join(f"word{number}" for number in range(200))
    pages = {
        f"p{n:02d}": f"story {n}\nof {n * 7}\nand {n * 9}\nmore {n}\n{footer}" for n in range(12)
    }
    path = write(tmp_path / "in.jsonl", pages, domain="a.example")
    assert run(["dedup", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 66
    assert run(["dedup", path, "--min-repeats", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 0


def test_what_is_taken_down_is_neither_compared_nor_written(tmp_path, capsys):
    path = write(tmp_path / "in.jsonl", {"a": "one two", "b": "one two", "c": "three"})
    (tmp_path / "list.txt").write_text("id:a\n")
    command = ["dedup", path, "--takedown", str(tmp_path / "list.txt"), "--json"]
    assert run([*command, "--out", str(tmp_path / "out.jsonl")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["documents"], report["taken_down"], report["pairs"]) == (2, 1, 0)
    assert [d.id for d in read_documents(tmp_path / "out.jsonl")] == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "options", "status", "message"),
    [
        ("", (), 1, "in.jsonl holds no document"),
        (
            '{"id": "a", "text": "x"}\n\n{"id": "a", "text": "y"}\n',
            (),
            1,
            "in.jsonl:3: id 'a' stands",
        ),
        ('{"id": "a"}\n', (), 1, "in.jsonl:1: document 'a': field 'text' is missing"),
        ("nonsense\n", (), 1, "in.jsonl:1: not JSON at column 1"),
        ('{"id": "a", "text": "x"}\n', ("--threshold", "0.05"), 2, "0.05 is not in the range"),
        ('{"id": "a", "text": "x"}\n', ("--pairs-out", "-", "--json"), 2, "only one of"),
        ('{"id": "a", "text": "x"}\n', ("--out", "in.jsonl"), 1, "in.jsonl exists already"),
        (
            "nonsense\n",
            ("--pairs-out", ".", "--force"),
            1,
            "gonerd: . is a folder, the name of a file",
        ),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    tmp_path, monkeypatch, capsys, text, options, status, message
):
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text(text)
    assert run(["dedup", "in.jsonl", *options]) == status
    assert message in capsys.readouterr().err
    assert Path("in.jsonl").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.skipif(not GOLD.exists(), reason="../shared/data/neardup is not there")
def test_the_articles_give_their_gold_pairs(tmp_path):
    with lzma.open(ARTICLES, "rb") as file:
        (tmp_path / "in.jsonl").write_bytes(file.read())
    out = tmp_path / "pairs.jsonl"
    assert run(["dedup", str(tmp_path / "in.jsonl"), "--pairs-out", str(out)]) == 0
    gold = sorted(sorted(pair) for pair in json.loads(GOLD.read_text()))
    assert [[row["a"], row["b"]] for row in rows(out)] == gold
