from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gonerd import Document, Entity
from gonerd.adapters import Prediction, adapter_from_spec
from gonerd.adapters.adapter import AdapterOptions
from gonerd.errors import InputError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.answering import Answers
from gonerd.evaluation.stopwatch import Stopwatch
from tests.gonerd.evaluation.models import Knowing

DOCUMENTS = [Document(id=f"d{n}", text="Ada met Bo", tokens=((0, 3),)) for n in range(10)]
ANSWERS = [Prediction(document.id, (Entity(0, 3, "PER"),), 10) for document in DOCUMENTS]


def answered(model: Any) -> list[Prediction]:
    pairs = list(Answers(model).of(DOCUMENTS))
    assert [document for document, _ in pairs] == DOCUMENTS
    return [prediction for _, prediction in pairs]


@pytest.mark.parametrize("batch_size", [1, 4, 100])
@pytest.mark.parametrize("bad", [{"d3"}, {"d0", "d9"}, {"d4", "d5"}, {d.id for d in DOCUMENTS}])
def test_a_document_that_breaks_the_model_takes_no_other_with_it(
    batch_size: int, bad: set[str]
) -> None:
    def trouble(documents: Sequence[Document], _: int) -> None:
        for document in documents:
            if document.id in bad:
                raise IndexError(f"index 512 is out of range in /home/me/{document.id}.py")

    found = answered(Knowing(ANSWERS, batch_size=batch_size, trouble=trouble))
    assert [prediction for prediction in found if prediction.error is None] == [
        answer for answer in ANSWERS if answer.doc_id not in bad
    ]
    assert [prediction for prediction in found if prediction.error is not None] == [
        Prediction(
            document.id, (), 0, 0,
            error=f"IndexError: index 512 is out of range in {document.id}.py",
        )
        for document in DOCUMENTS if document.id in bad
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ({"entities": (Entity(0, 99, "PER"),)}, "predicted an entity that ends at 99, past what"),
        ({"entities": (Entity(0, 3, "PER"),) * 2}, "predicted overlapping entities at 0"),
        ({"consumed_to": 99}, "the model read up to 99 of 10 characters"),
        ({"scores": (0.5, 0.5)}, "gave 2 scores for 1 entities; expected one each, from 0 to 1"),
        ({"scores": (1.5,)}, "gave 1 scores for 1 entities; expected one each, from 0 to 1"),
        ({"scores": (float("nan"),)}, "expected one each, from 0 to 1"),
        ({"scores": (np.float32(0.5),)}, "gave a score of type float32, expected Python's float"),
        ({"entities": (Entity(np.int64(0), 3, "PER"),)}, "gave a place of type int64, expected"),
        ({"entities": (Entity(0, 3, 5),)}, "gave a label of type int, expected Python's str"),
        ({"consumed_to": np.int64(10)}, "gave consumed_to of type int64, expected Python's int"),
        ({"windows": -1}, "gave windows below 0: -1"),
        ({"dropped": {"A": 1.5}}, "gave the count of a dropped type of type float, expected"),
        ({"error": "too hot"}, "gave an error and entities, expected one of them"),
    ],
)
def test_a_prediction_that_can_not_be_true_fails_its_document_alone(
    spoil: dict[str, Any], message: str
) -> None:
    answers = [replace(a, **spoil) if a.doc_id == "d2" else a for a in ANSWERS]
    found = answered(Knowing(answers, batch_size=3))
    assert message in (found[2].error or "")
    assert found[2].entities == ()
    assert [p for p in found if p.error is None] == [a for a in ANSWERS if a.doc_id != "d2"]


def test_an_error_that_a_model_tells_itself_is_one_line_without_folders() -> None:
    told = Prediction("d2", (), 0, error="no file\n /home/me/models/a.bin \ud800" + "!" * 999)
    found = answered(Knowing([told if a.doc_id == "d2" else a for a in ANSWERS], batch_size=3))
    assert (found[2].error or "").startswith("no file a.bin ?!!!")
    assert len(found[2].error or "") == 300


def test_what_concerns_the_whole_run_ends_it(tmp_path: Path) -> None:
    def missing(documents: Sequence[Document], _: int) -> None:
        raise InputError("the model's file is gone")

    with pytest.raises(InputError, match="the model's file is gone"):
        answered(Knowing(ANSWERS, trouble=missing))

    def uninstalled(documents: Sequence[Document], _: int) -> None:
        raise ModuleNotFoundError("no torch", name="torch")

    with pytest.raises(ModuleNotFoundError):
        answered(Knowing(ANSWERS, trouble=uninstalled))


def test_a_problem_of_the_data_is_none_of_the_model() -> None:
    def cut_off() -> Any:
        yield from DOCUMENTS[:3]
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        list(Answers(Knowing(ANSWERS, batch_size=2)).of(cut_off()))


def test_out_of_memory_is_a_failure_only_after_batch_size_1_has_failed_too() -> None:
    import torch

    def trouble(documents: Sequence[Document], batch_size: int) -> None:
        names = {document.id for document in documents}
        if ("d3" in names and batch_size > 1) or "d7" in names:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    answers = Answers(Knowing(ANSWERS, batch_size=5, trouble=trouble))
    found = {document.id: prediction for document, prediction in answers.of(DOCUMENTS)}
    assert found["d3"] == ANSWERS[3]
    assert (found["d7"].error or "").startswith("OutOfMemoryError: CUDA out of memory")
    assert [name for name, p in found.items() if p.error is not None] == ["d7"]
    assert answers.reread == 2


def test_documents_that_were_read_again_are_told(tmp_path: Path) -> None:
    import torch

    from gonerd.records import write_documents

    def trouble(documents: Sequence[Document], batch_size: int) -> None:
        if batch_size > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")

    write_documents(tmp_path / "c.jsonl", DOCUMENTS)
    model = Knowing(ANSWERS, batch_size=5, trouble=trouble)
    result = evaluate_model(model, tmp_path / "run", dataset=f"{tmp_path}/c.jsonl", split="all")
    assert result["coverage"]["n_failed_docs"] == 0
    assert (
        "memory ran out on 10 documents, which were read again with batch size 1"
        in result["efficiency"]["note"]
    )


def test_time_counts_in_the_model_and_not_in_reading() -> None:
    import time

    def slow_documents() -> Any:
        for document in DOCUMENTS[:4]:
            time.sleep(0.05)
            yield document

    def slow(documents: Sequence[Document], _: int) -> None:
        time.sleep(0.02)

    answers = Answers(Knowing(ANSWERS, batch_size=2, trouble=slow))
    laps = []
    for _ in answers.of(slow_documents()):
        time.sleep(0.05)
        laps.append(answers.watch.lap())
    assert 0.04 <= sum(laps) < 0.12
    assert sum(laps) <= answers.watch.seconds


def test_a_stopwatch_passes_everything_on() -> None:
    watch = Stopwatch()
    assert list(watch.timed(watch.left_out(range(3)))) == [0, 1, 2]
    assert watch.lap() == watch.seconds
    assert watch.lap() == 0.0


def test_rules_answer_through_the_same_way() -> None:
    found = answered(adapter_from_spec("rules", AdapterOptions()))
    assert all(prediction.error is None for prediction in found)
