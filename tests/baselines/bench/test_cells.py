from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch

from gonerd_baselines.bench.implementation import way_of
from gonerd_baselines.bench.memory_full import is_full, tells_of_full_memory
from gonerd_baselines.bench.our_model import PATTERNS
from gonerd_baselines.bench.process import Workers
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.task import Task, task_from_json
from gonerd_baselines.bench.timing import timed
from tests.baselines.bench.tiny import cell, tiny

WAYS = [
    (name, implementation)
    for name in ("bert-base", "distilbert", "mobilebert", "albert", "modernbert", *PATTERNS)
    for implementation in ("transformers", "sdpa", "ours")
    if name in ROWS and not way_of(ROWS[name], implementation).reason
]


@pytest.mark.parametrize("head", ["token", "mlm"])
@pytest.mark.parametrize(("name", "implementation"), WAYS)
def test_a_cell_has_times_memory_and_what_ran(name: str, implementation: str, head: str) -> None:
    found = cell(tiny(name), implementation, 128, head=head)
    assert found["status"] == "done", found
    assert found["seconds"]["runs"] == 2
    assert 0 < found["seconds"]["least"] <= found["seconds"]["median"] <= found["seconds"]["most"]
    assert found["memory"]["resident"] >= found["memory"]["before"]["resident"] > 0
    assert found["tokens"] == 256
    assert found["work"]["linear"] > 0
    if implementation == "ours":
        assert sum(found["ran"]["attention"].values()) == 2
    else:
        tail = {"token": "ForTokenClassification", "mlm": "ForMaskedLM"}[head]
        assert found["ran"]["class"].endswith(tail)


def test_the_backend_that_was_asked_for_is_the_one_that_ran() -> None:
    found = cell(tiny("longformer"), "ours", 600, attention_backend="blocked")
    assert found["ran"] == {"class": "gonerd", "attention": {"blocked": 2}}


def test_bfloat16_runs_in_both() -> None:
    for implementation in ("transformers", "ours"):
        found = cell(tiny("roberta"), implementation, 64, dtype="bfloat16")
        assert found["status"] == "done", found


def test_an_error_of_the_other_package_is_a_result_with_its_sentence() -> None:
    # 100 tokens can't be cut into 64 equal segments.
    found = cell(tiny("nystromformer"), "transformers", 100)
    assert found["status"] == "error"
    assert "RuntimeError" in found["error"]
    assert "shape" in found["error"]


def test_an_error_of_our_own_is_a_result_with_its_sentence() -> None:
    found = cell(tiny("longformer"), "ours", 64, attention_backend="varlen")
    assert found == {
        "status": "error",
        "error": "attention backend varlen runs on CUDA only, not on cpu",
    }


@pytest.mark.parametrize("arrangement", ["padded", "sorted", "packed"])
def test_documents_of_real_lengths_are_all_computed(arrangement: str) -> None:
    row = tiny("longformer")
    implementation = "ours" if arrangement == "packed" else "transformers"
    lengths = (5, 700, 40, 1, 90)
    found = cell(row, implementation, 512, arrangement=arrangement, lengths=lengths)
    assert found["status"] == "done", found
    assert found["documents"] == 5
    assert found["tokens"] == 5 + 512 + 40 + 1 + 90  # what is longer is cut
    if arrangement == "packed":
        assert sum(found["ran"]["attention"].values()) == 5 or found["ran"]["attention"]


def test_a_process_whose_memory_is_full_is_a_result(tmp_path: Path) -> None:
    row = tiny("bert-base", positions=16384)
    task = Task(row=row, implementation="eager", length=16384, batch=4)
    order = {"what": "cell", "task": task.as_json(), "memory_limit_mib": 6000}
    found = Workers(tmp_path, standing_by=0).do(order, seconds=120)
    assert found["status"] == "out of memory", found


def test_a_process_that_takes_too_long_or_dies_is_a_result(tmp_path: Path) -> None:
    workers = Workers(tmp_path, standing_by=0)
    found = workers.do({"what": "cell"}, seconds=0.01)
    assert found == {"status": "error", "error": "it took more than 0 s"}
    killed = tells_of_full_memory(-signal.SIGKILL, "")
    assert killed
    assert tells_of_full_memory(-signal.SIGABRT, "terminate called: std::bad_alloc")
    assert not tells_of_full_memory(-signal.SIGSEGV, "")
    assert not tells_of_full_memory(0, "out of memory")


def test_what_says_that_memory_is_full_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_full(caught.value)
    assert is_full(MemoryError())
    assert is_full(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_full(RuntimeError("shape '[2, 3]' is invalid"))
    assert not is_full(KeyError("out of memory"))


def test_runs_end_at_the_limit_of_time_but_not_before_three_and_one_before() -> None:
    called: list[int] = []
    found = timed(lambda: called.append(1), device="cpu", repeat=10, warm_up=2, at_most_seconds=0.0)
    assert len(found.seconds) == 3
    assert len(called) == 4
    timed(lambda: called.append(1), device="cpu", repeat=4, warm_up=2)
    assert len(called) == 10
    assert len(found.processor_seconds) == 3


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_task_goes_through_json(name: str) -> None:
    row = tiny({"full": "roberta"}.get(name, name))
    task = Task(row=row, implementation="ours", length=5, batch=1, lengths=(3, 4))
    assert task_from_json(task.as_json()) == task
