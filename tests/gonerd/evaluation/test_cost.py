import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd.adapters import AdapterOptions, ModelCard, Policy, Prediction, adapter_from_spec
from gonerd.dataset import documents_of
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.cost import CostPlan, cost_of
from gonerd.evaluation.lengths import documents_of_length
from gonerd.evaluation.memory import begin_peaks, resident_peak_mib
from gonerd.machine import keep_freed_memory
from tests.gonerd.evaluation.models import built, oracle
from tests.strategies import tokenized_documents

QUICK = CostPlan(lengths=(8, 64), seconds=1.0, runs=4, most_tokens=512)


class Sleeping:
    """Takes as long as it is told for a document, and notes what it was given."""

    card = ModelCard(kind="sleeping", id="sleeping", revision="0" * 40)
    policy = Policy()

    def __init__(self, log: list[tuple[int, int]], pause: float = 0.0, most: int = 10**9) -> None:
        self.log, self.pause, self.most = log, pause, most
        self.batch_size = 0

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        stream = iter(documents)
        while some := list(islice(stream, self.batch_size or 1)):
            self.log.append((len(some), len(some[0].tokens or ())))
            if sum(len(document.tokens or ()) for document in some) > self.most:
                raise MemoryError
            time.sleep(self.pause * len(some))
            yield from (Prediction(document.id, (), 0) for document in some)


class Batching(Sleeping):
    """The same in batches."""

    def with_batch_size(self, batch_size: int) -> "Batching":
        sized = Batching(self.log, self.pause, self.most)
        sized.batch_size = batch_size
        return sized


def some_text() -> Sequence[Document]:
    tokens = tuple((3 * n, 3 * n + 2) for n in range(50))
    return [Document(id="a", text="ab " * 50, tokens=tokens)]


def test_a_split_without_tokens_has_no_cost_at_fixed_lengths_and_says_so() -> None:
    blank = [Document(id="a", text=" ", tokens=())]
    cost = cost_of(Sleeping([]), lambda: blank, QUICK)
    assert not cost.cells
    assert cost.note.startswith(
        "cost at 8 tokens could not be measured (the split has no tokens to make texts of)"
    )


@given(st.lists(tokenized_documents(), min_size=1, max_size=4), st.integers(1, 40))
def test_documents_have_exactly_the_tokens_that_were_asked_for(
    documents: list[Document], length: int
) -> None:
    words = [d.text[a:b] for d in documents for a, b in d.tokens or ()]
    if not words:
        return
    made = documents_of_length(lambda: documents, length, 3)
    assert [len(document.tokens or ()) for document in made] == [length] * 3
    found = [d.text[a:b] for d in made for a, b in d.tokens or ()]
    assert found == (words * (3 * length // len(words) + 1))[: 3 * length]


def test_documents_of_a_length_keep_their_texts_as_they_are_written() -> None:
    text = "One, two.\nThree"
    document = Document(id="a", text=text, tokens=((0, 3), (3, 4), (5, 8), (8, 9), (10, 15)))
    made = documents_of_length(lambda: [document], 7, 2)
    assert [one.text for one in made] == ["One, two.\nThree\n\nOne,", "two.\nThree\n\nOne, two."]


def test_a_model_without_batches_is_timed_one_document_at_a_time() -> None:
    log: list[tuple[int, int]] = []
    cost = cost_of(Sleeping(log, pause=0.02), some_text, QUICK)
    assert [(cell.len, cell.batch, cell.n) for cell in cost.cells] == [(8, 1, 4), (64, 1, 4)]
    assert set(log) == {(1, 8), (1, 64)}
    for cell in cost.cells:
        assert cell.p50_ms is not None
        assert cell.p95_ms is not None
        assert cell.tok_s is not None
        assert 20 <= cell.p50_ms <= cell.p95_ms < 200
        assert cell.tok_s == pytest.approx(1000 * cell.len / cell.p50_ms, rel=0.5)
        assert (cell.peak_allocated_mib, cell.oom) == (None, False)
    assert cost.note == ""


def test_batches_grow_to_the_bound_on_tokens() -> None:
    log: list[tuple[int, int]] = []
    cost = cost_of(Batching(log), some_text, QUICK)
    assert [(cell.len, cell.batch) for cell in cost.cells] == [(8, 1), (8, 64), (64, 1), (64, 8)]
    assert [batch for batch, length in log if length == 64][6:9] == [2, 4, 8], "doubling"


def test_batches_grow_until_memory_runs_out_and_that_is_told() -> None:
    cost = cost_of(Batching([], most=300), some_text, CostPlan((64,), 1.0, 4, 1024))
    assert [(cell.batch, cell.n, cell.oom) for cell in cost.cells] == [
        (1, 4, False), (4, 4, False), (8, 0, True),
    ]  # fmt: skip
    assert cost.cells[2].p50_ms is None
    cost = cost_of(Batching([], most=10), some_text, CostPlan((64,), 1.0, 4, 1024))
    assert [(cell.batch, cell.n, cell.oom) for cell in cost.cells] == [(1, 0, True)]


def test_batches_that_take_long_grow_no_more() -> None:
    cost = cost_of(Batching([], pause=0.1), some_text, CostPlan((8,), 1.2, 100, 512))
    assert [cell.batch for cell in cost.cells] == [1, 2]
    assert cost.cells[0].n <= 12, "and a cell ends at its time"


def test_a_problem_is_told_and_loses_no_result(tmp_path: Path) -> None:
    """An oracle knows no document of another name."""
    dataset = built(tmp_path)
    result = evaluate_model(
        oracle(dataset), tmp_path / "run", dataset=dataset, split="test", cost=QUICK
    )
    assert result["efficiency"]["by_length"] == []
    assert (
        "cost at 8 tokens could not be measured (KeyError: '8-0')" in result["efficiency"]["note"]
    )
    assert result["scores"]["full"]["f1"] == 1.0


def test_a_result_has_the_cells_and_predictions_made_elsewhere_have_none(tmp_path: Path) -> None:
    dataset = built(tmp_path)
    rules = adapter_from_spec("rules", AdapterOptions())

    def evaluated(model: Any, name: str) -> dict[str, Any]:
        out = tmp_path / name
        return evaluate_model(model, out, dataset=dataset, split="test", cost=QUICK)

    cells = evaluated(rules, "rules")["efficiency"]["by_length"]
    assert [(cell["len"], cell["batch"], cell["n"]) for cell in cells] == [(8, 1, 4), (64, 1, 4)]
    assert all(cell["peak_rss_mib"] > 10 for cell in cells)
    again = adapter_from_spec(f"preds:{tmp_path}/rules/predictions.jsonl.zst", AdapterOptions())
    efficiency = evaluated(again, "again")["efficiency"]
    assert efficiency["by_length"] == []
    assert "cost at fixed lengths does not apply to preds" in efficiency["note"]


@pytest.mark.parametrize("kept", [False, True])
def test_a_peak_of_memory_begins_anew(kept: bool) -> None:
    if kept:  # for the rest of this process, as when an encoder is read
        keep_freed_memory()
    begun = begin_peaks("cpu")
    before = resident_peak_mib()
    if not begun or before is None:
        pytest.skip("this system does not let a process begin its peak anew")
    block = bytearray(b"x" * (200 << 20))
    high = resident_peak_mib()
    del block
    assert begin_peaks("cpu")
    after = resident_peak_mib()
    assert high is not None
    assert after is not None
    assert high >= before + 190
    assert after <= high - 190


def test_the_splits_own_texts_are_read(tmp_path: Path) -> None:
    dataset = built(tmp_path)
    (made,) = documents_of_length(lambda: documents_of(dataset, "test"), 30, 1)
    assert made.text.startswith("Ada Marlow, ")
