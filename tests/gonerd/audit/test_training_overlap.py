"""What of a split stands in training data: against a count of shared word runs, pair by pair."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.audit import training_overlap
from gonerd.audit.training_overlap import documents_in_training
from gonerd.cli.main import run
from gonerd.records import write_documents
from gonerd.shingles import hashed_shingles

WORDS = [f"w{number}" for number in range(400)]


def text(chance: random.Random, words: int) -> list[str]:
    return [chance.choice(WORDS) for _ in range(words)]


def documents(name: str, texts: list[list[str]]) -> list[Document]:
    return [Document(id=f"{name}{n}", text=" ".join(words)) for n, words in enumerate(texts)]


def made(seed: int) -> tuple[list[Document], list[Document]]:
    """Texts of a split, and training texts that hold some of them changed, cut or inside others."""
    chance = random.Random(seed)
    split = [text(chance, chance.randint(60, 90)) for _ in range(12)]
    training = [text(chance, 60) for _ in range(8)]
    changed = list(split[0])
    for _ in range(2):
        changed[chance.randrange(len(changed))] = "other"
    training += [changed, split[1][: len(split[1]) // 2], text(chance, 50) + split[2], split[3]]
    chance.shuffle(training)
    return documents("test", split), documents("train", training)


def expected(split: list[Document], training: list[Document]) -> set[str]:
    found = set()
    for ours in split:
        for theirs in training:
            one, other = (set(s.tolist()) for s in hashed_shingles([ours.text, theirs.text]))
            shared, smaller = len(one & other), min(len(one), len(other))
            if shared >= 0.5 * len(one | other) or (smaller >= 20 and shared >= 0.8 * smaller):
                found.add(ours.id)
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("at_once", [1, 700, 10**9])
def test_documents_are_found_however_the_training_texts_are_cut(
    seed: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_overlap, "CHARACTERS_AT_ONCE", at_once)
    split, training = made(seed)
    found = documents_in_training(split, iter(training))
    assert {each.document for each in found} == expected(split, training)
    assert len(found) == 4
    assert [each.document for each in found] == sorted(
        (each.document for each in found), key=lambda name: int(name[4:])
    )
    whole = next(each for each in found if each.document == "test3")
    assert whole.jaccard == whole.containment == 1.0


def test_two_alike_documents_of_the_split_are_no_training_data() -> None:
    chance = random.Random(0)
    words = text(chance, 50)
    assert documents_in_training(documents("a", [words, words]), []) == []
    assert documents_in_training(documents("a", [words, words]), documents("b", [["x"] * 30])) == []


@pytest.fixture
def files(tmp_path: Path) -> Path:
    split, training = made(1)
    gold = [
        Document(
            id=each.id, text=each.text, entities=(Entity(0, each.text.index(" "), "PER"),),
        )
        for each in split
    ]  # fmt: skip
    found = [Document(id=each.id, text=each.text) if n > 3 else each for n, each in enumerate(gold)]
    for name, some in (("gold", gold), ("found", found), ("training", training)):
        write_documents(tmp_path / f"{name}.jsonl", some)
    return tmp_path


def scored(files: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    gold, found, training = (str(files / f"{name}.jsonl") for name in ("gold", "found", "training"))
    assert run(["score", gold, found, "--training", training, *words]) == 0
    return capsys.readouterr().out


def test_the_score_without_what_was_trained_on(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(scored(files, capsys, "--json"))
    standing = {each["document"] for each in told["without_training"]["left_out"]}
    assert standing == {"test0", "test1", "test2", "test3"}
    assert told["full"]["recall"] == pytest.approx(4 / 12)
    clean = told["without_training"]["scores"]["full"]
    assert (clean["tp"], clean["fn"]) == (0, 8)
    assert "without 4 documents that stand in the training data: F1 0.0" in scored(files, capsys)


def test_a_split_that_was_all_trained_on_leaves_nothing(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = scored(files, capsys, "--training", str(files / "gold.jsonl"))
    assert "without 12 documents that stand in the training data no gold is left" in said


def test_training_data_is_not_looked_for_in_a_stream(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["score", "-", str(files / "found.jsonl"), "--training", str(files / "gold.jsonl")]
    assert run(words) == 2
    assert "--training reads GOLD twice" in capsys.readouterr().err
