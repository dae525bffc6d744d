import numpy as np
import pytest

from gonerd import Document, Entity
from gonerd.scoring import document_counts
from gonerd.scoring.document_counts import DocumentCounts, in_any_order
from gonerd.scoring.matching import exact_hits
from gonerd.scoring.spans import Labels, batch_from_documents


def counted(labels: list[str], *, first: int, last: int) -> DocumentCounts:
    """Documents whose counts differ by their number; the labels come one after another."""
    numbers, counts = Labels(), DocumentCounts()
    for begin in range(first, last, 10):
        documents, found = [], []
        for n in range(begin, begin + 10):
            label = labels[min(n // 20, len(labels) - 1)]
            gold = [Entity(2 * place, 2 * place + 1, label) for place in range(n * 7 % 5 + 1)]
            documents.append(Document(id=f"d{n}", text="a " * 9, entities=tuple(gold)))
            found.append([*gold[: n % 3], Entity(12, 13, labels[0])])
        batch = batch_from_documents(documents, found, numbers)
        counts.add(batch, len(numbers), exact_hits(batch.gold, batch.found))
    return counts


@pytest.mark.parametrize("at_once", [1, 7, 10, 60, 1000])
def test_tables_are_sorted_as_a_whole_whatever_their_size(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(document_counts, "DOCUMENTS_AT_ONCE", at_once)
    counts = counted(["PER", "ORG", "LOC"], first=0, last=60)
    order = [2, 0, 1]
    tables = list(counts.sorted_tables(order))
    assert [len(table) for table in tables] == counts.sizes
    assert sum(counts.sizes) == counts.documents == 60
    assert np.array_equal(np.concatenate(tables), in_any_order(counts.table(order)))


def test_counts_are_the_same_only_of_all_documents() -> None:
    some = counted(["PER", "ORG"], first=0, last=40)
    assert some.is_same(counted(["PER", "ORG"], first=0, last=40))
    assert not some.is_same(counted(["PER", "ORG"], first=0, last=30))
    assert not counted(["PER", "ORG"], first=0, last=30).is_same(some)
    assert not some.is_same(counted(["PER", "ORG"], first=10, last=50))


def test_documents_without_labels_are_documents() -> None:
    counts = DocumentCounts()
    batch = batch_from_documents([Document(id=n, text="a") for n in "abc"], [[], [], []], Labels())
    counts.add(batch, 0, exact_hits(batch.gold, batch.found))
    assert [table.shape for table in counts.sorted_tables([])] == [(3, 0, 3)]


def test_of_no_documents_there_is_one_empty_table() -> None:
    assert [table.shape for table in DocumentCounts().sorted_tables([0, 1])] == [(0, 2, 3)]
