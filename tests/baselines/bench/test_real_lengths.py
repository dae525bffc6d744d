from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from gonerd.errors import InputError
from gonerd_baselines.bench.real_lengths import (
    SUBWORDS_A_WORD,
    batches_of,
    lengths_from,
    lengths_like_table_1,
)


def test_lengths_are_spread_as_in_table_1() -> None:
    words = [length / SUBWORDS_A_WORD for length in lengths_like_table_1()]
    assert len(words) == 2237
    assert statistics.mean(words) == pytest.approx(507.6, rel=0.01)
    assert statistics.pstdev(words) == pytest.approx(556.5, rel=0.01)
    assert statistics.quantiles(words, n=4) == pytest.approx([170, 330, 658], rel=0.01)
    assert min(words) <= 1
    assert max(words) == pytest.approx(6768, rel=0.001)
    assert sum(word > 512 for word in words) / len(words) == pytest.approx(0.35, abs=0.005)
    assert sum(word > 4096 for word in words) / len(words) == pytest.approx(0.002, abs=0.001)


def test_a_few_of_them_are_spread_over_all() -> None:
    few = lengths_from("table-1", documents=3)
    everything = lengths_from("table-1")
    assert few == (everything[372], everything[1118], everything[1864])
    assert lengths_from("table-1", documents=10**6) == everything


def test_lengths_come_from_a_file_of_numbers(tmp_path: Path) -> None:
    file = tmp_path / "lengths.txt"
    file.write_text("12\n\n700\n", encoding="utf-8")
    assert lengths_from(str(file)) == (12, 700)
    file.write_text("12\n0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"lengths.txt:2: '0' is no number of tokens, 1 or more"):
        lengths_from(str(file))
    file.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="has no document"):
        lengths_from(str(file))


def test_lengths_come_from_a_corpus_file(tmp_path: Path) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text(
        '{"id": "a", "tokens": ["Ann", "was", "here"], "ner_tags": ["B-PER", "O", "O"]}\n',
        encoding="utf-8",
    )
    assert lengths_from(str(file)) == (3,)


def test_batches_hold_every_document_once() -> None:
    lengths = [3, 50, 7, 9, 1]
    assert batches_of(lengths, "padded", batch=2, longest=20) == [[3, 20], [7, 9], [1]]
    assert batches_of(lengths, "sorted", batch=2, longest=20) == [[20, 9], [7, 3], [1]]
    assert batches_of(lengths, "packed", batch=1, longest=20) == [[20], [9, 7, 3, 1]]
