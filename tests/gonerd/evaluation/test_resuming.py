import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from gonerd.adapters import ModelCard, Policy
from gonerd.adapters.predictions import read_predictions
from gonerd.errors import CheckError, InputError, OutputError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.journal import Journal
from gonerd.evaluation.perturbing import Perturbation
from gonerd.evaluation.processes import Processes
from gonerd.evaluation.running import Run
from gonerd.files import read_json
from tests.gonerd.evaluation.models import Knowing, built, predictions_from_gold
from tests.places import ROOT

PREDICTIONS = "predictions.jsonl.zst"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(tmp_path_factory.mktemp("built"), 79)


@pytest.fixture(scope="module")
def whole(dataset: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an uninterrupted run leaves."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert slowly(dataset, out, 0.0).wait() == 0
    return out


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "x.unfinished")
    yield journal
    journal.release()


def slowly(dataset: str, out: Path, pause: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.gonerd.evaluation.slowly", dataset, str(out), str(pause)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )


def killed(dataset: str, out: Path, *, after: int) -> Path:
    """The folder of a run that was killed when it had so many lines."""
    process = slowly(dataset, out, 0.05)
    file = out.with_name("run.unfinished") / "predictions-0.jsonl"
    try:
        until = time.monotonic() + 60
        while not file.exists() or file.read_bytes().count(b"\n") < after:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return file


def test_a_run_that_is_killed_twice_ends_with_the_same_bytes_and_scores(
    dataset: str, whole: Path, tmp_path: Path
) -> None:
    file = killed(dataset, tmp_path / "run", after=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.unfinished"]
    with file.open("ab") as lines:  # as if it had been killed while it wrote
        lines.write(b'{"doc_id": "d0')
    killed(dataset, tmp_path / "run", after=10)
    done = file.read_bytes()
    assert 10 <= done.count(b"\n") < 40
    assert slowly(dataset, tmp_path / "run", 0.0).wait() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run" / PREDICTIONS).read_bytes() == (whole / PREDICTIONS).read_bytes()
    one, other = (read_json(folder / "result.json") for folder in (tmp_path / "run", whole))
    for field in ("scores", "coverage", "dataset", "model", "policy", "config_sha256"):
        assert one[field] == other[field]
    assert one["efficiency"]["seconds"] > 0.05 * 10, "the first stretches' seconds count"
    assert "resumed 2 times: " in one["efficiency"]["note"]
    assert "resumed" not in other["efficiency"]["note"]


def broken_off(
    dataset: str, out: Path, *, at: int = 2, **options: Any
) -> tuple[list[Any], list[str]]:
    """A run that a breach of contract ends after `at` documents; the answers, and what was asked."""
    answers = predictions_from_gold(dataset)

    class Breaking(Knowing):
        def predict(self, documents: Any) -> Any:
            for number, prediction in enumerate(super().predict(documents)):
                yield prediction if number < at else replace(prediction, doc_id="another")

    model = Breaking(answers)
    with pytest.raises(CheckError, match="the model predicted 'another' where"):
        evaluate_model(model, out, dataset=dataset, split="test", **options)
    return answers, [document.id for document in model.seen]


def test_only_what_is_missing_is_predicted(dataset: str, tmp_path: Path) -> None:
    answers, asked = broken_off(dataset, tmp_path / "run")
    folder = tmp_path / "run.unfinished"
    assert [p.doc_id for p, _ in read_predictions(folder / "predictions-0.jsonl")] == asked[:2]
    kept = read_json(folder / "run.json")
    assert kept["model"]["id"] == "knowing"
    assert kept["dataset"]["split"] == "test"
    model = OneByOne(answers)
    evaluate_model(model, tmp_path / "run", dataset=dataset, split="test")
    assert [document.id for document in model.seen] == [a.doc_id for a in answers][2:]
    assert not folder.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"card": ModelCard("knowing", "knowing", "1" * 40)},
         f'its model.revision is "{"0" * 40}", "{"1" * 40}" was asked for'),
        ({"card": ModelCard("knowing", "other", "0" * 40)},
         'its model.id is "knowing", "other" was asked for'),
        ({"split": "validation"}, "its dataset.gold_by_type"),
        ({"policy": Policy("truncate", max_len=4, batch_size=1)},
         "its policy.max_len is null, 4 was asked for"),
        ({"perturbation": Perturbation("typos", 0.5)},
         'its policy.perturbation is null, {"kind": "typos", "rate": 0.5, "seed": 0} was asked'),
    ],
)  # fmt: skip
def test_an_unfinished_run_of_something_else_is_not_gone_on_with(
    dataset: str, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    broken_off(dataset, tmp_path / "run")
    split = change.pop("split", "test")
    model = Knowing(predictions_from_gold(dataset, split), card=change.pop("card", None))
    model.policy = change.pop("policy", model.policy)
    options = {"dataset": dataset, "split": split, **change}
    with pytest.raises(OutputError, match=r"run.unfinished holds an unfinished run of") as caught:
        evaluate_model(model, tmp_path / "run", **options)
    assert message in str(caught.value)
    assert "--force begins anew" in str(caught.value)
    evaluate_model(model, tmp_path / "run", overwrite=True, **options)
    asked = {document.id for document in model.seen}
    assert asked == {answer.doc_id for answer in predictions_from_gold(dataset, split)}
    assert not (tmp_path / "run.unfinished").exists()


def test_a_folder_that_was_made_and_never_written_to_begins_anew(journal: Journal) -> None:
    journal.folder.mkdir()
    (journal.folder / "predictions-0.jsonl").write_text('{"doc_id": "a"}\n')
    assert journal.prepare({"model": 1}, anew=False) == 0
    assert journal.index() == {}


@pytest.mark.parametrize(
    "rest", [b'{"doc_id": "c"', b"\x00" * 4096, b'{"doc_id": "c\xff"}\n', b"{}}\n", b"\n"]
)
def test_what_a_crash_leaves_behind_the_last_whole_line_is_cut_off(
    journal: Journal, rest: bytes
) -> None:
    journal.prepare({}, anew=False)
    with journal.writing(0) as writer:
        writer.add({"doc_id": "a"}, seconds=1.0)
        writer.add({"doc_id": "é"}, seconds=2.0)
    with journal.writing(1) as writer:
        writer.add({"doc_id": "b"}, seconds=2.5, reread=1)
    with (journal.folder / "predictions-0.jsonl").open("ab") as lines:
        lines.write(rest)
    with (journal.folder / "seconds-0.jsonl").open("ab") as lines:
        lines.write(b"[0, 9.0, 0]\n")
    assert journal.prepare({}, anew=False) == 3
    assert set(journal.index()) == {"a", "b", "é"}
    assert journal.stretches() == ([3.0], 1)
    with journal.writing(0) as writer:
        writer.add({"doc_id": "c"}, seconds=4.0)
    assert journal.stretches() == ([3.0, 4.0], 1)
    with journal.reading() as lines_of:
        assert json.loads(lines_of["é"]) == {"doc_id": "é"}
        with pytest.raises(CheckError, match="no prediction for document 'z'"):
            lines_of["z"]


def test_a_document_that_two_processes_predicted_is_told(journal: Journal) -> None:
    journal.prepare({}, anew=False)
    for rank in (0, 1):
        with journal.writing(rank) as writer:
            writer.add({"doc_id": "a"}, seconds=1.0)
    with pytest.raises(CheckError, match=r"predictions-1.jsonl: document 'a' is predicted twice"):
        journal.index()


def test_the_most_memory_of_any_stretch_and_process_is_kept(journal: Journal) -> None:
    journal.prepare({}, anew=False)
    journal.note_peaks(0, {"peak_rss_mib": 300, "peak_allocated_mib": None})
    journal.note_peaks(0, {"peak_rss_mib": 200, "peak_allocated_mib": None})
    journal.note_peaks(1, {"peak_rss_mib": 250, "peak_allocated_mib": 7})
    assert journal.peaks() == {"peak_rss_mib": 300, "peak_allocated_mib": 7}


class OneByOne(Knowing):
    """A model that takes no batches."""

    with_batch_size = None  # type: ignore[assignment]


class Blurred(Knowing):
    """A model whose confidence shows which documents it computed together, as rounding would."""

    def predict(self, documents: Any) -> Any:
        stream = iter(documents)
        while some := list(islice(stream, 256)):
            for place, document in enumerate(some):
                answer = self.answers[document.id]
                score = 1 / (1 + len(some) + place)
                yield replace(answer, scores=(score,) * len(answer.entities))


@pytest.mark.parametrize("at", [1, 31, 32, 33, 50])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_batches_are_the_same_after_a_break_and_in_several_processes(
    many: str, tmp_path: Path, at: int, count: int
) -> None:
    answers = predictions_from_gold(many, "train")
    assert len(answers) > 50
    evaluate_model(Blurred(answers), tmp_path / "whole", dataset=many, split="train")

    class Breaking(Blurred):
        def predict(self, documents: Any) -> Any:
            for prediction in super().predict(documents):
                self.seen.append(prediction)
                if len(self.seen) > at:
                    raise InputError("a file is gone")
                yield prediction

    with pytest.raises(InputError, match="a file is gone"):
        evaluate_model(Breaking(answers), tmp_path / "run", dataset=many, split="train")
    runs = [
        Run(Blurred(answers), tmp_path / "run", many, "train", None, Processes(rank, count))
        for rank in range(count)
    ]
    runs[0].prepare(anew=False)
    for run in runs:
        run.look_for_finished()
    for run in runs:
        run.predict()
    runs[0].journal.release()
    evaluate_model(Knowing([]), tmp_path / "run", dataset=many, split="train")
    one, other = (tmp_path / name / PREDICTIONS for name in ("whole", "run"))
    assert one.read_bytes() == other.read_bytes()


def test_a_model_that_tells_of_itself_with_its_first_answer_is_recorded_so(
    dataset: str, tmp_path: Path
) -> None:
    answers = predictions_from_gold(dataset)

    def telling(revision: str, *, at: int = 99) -> Knowing:
        class Telling(Knowing):
            def predict(self, documents: Any) -> Any:
                for number, prediction in enumerate(super().predict(documents)):
                    self.card = ModelCard("knowing", "told", revision)
                    if number == at:
                        raise InputError("a file is gone")
                    yield prediction

        return Telling(answers)

    with pytest.raises(InputError, match="a file is gone"):
        evaluate_model(telling("1" * 40, at=2), tmp_path / "run", dataset=dataset, split="test")
    with pytest.raises(OutputError, match=r'its model.revision is "1{40}", "2{40}" was asked for'):
        evaluate_model(telling("2" * 40), tmp_path / "run", dataset=dataset, split="test")
    model = telling("1" * 40)
    result = evaluate_model(model, tmp_path / "run", dataset=dataset, split="test")
    assert (result["model"]["id"], result["model"]["revision"]) == ("told", "1" * 40)
    with pytest.raises(InputError, match="revision of knowing:told is 'main'"):
        evaluate_model(telling("main"), tmp_path / "other", dataset=dataset, split="test")


def test_what_is_kept_of_a_run_that_ends_early_is_said(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_off(dataset, tmp_path / "run")
    assert f"what was predicted is kept in {tmp_path}/run.unfinished" in capsys.readouterr().err


def test_a_run_that_is_going_on_is_not_joined_by_another(journal: Journal) -> None:
    other = Journal(journal.folder)
    journal.prepare({}, anew=False)
    for anew in (False, True):
        with pytest.raises(OutputError, match=r"x.unfinished is in use: the run is going on in"):
            other.prepare({}, anew=anew)
    with journal.writing(0) as writer:
        writer.add({"doc_id": "a"}, seconds=1.0)
    journal.remove()
    assert other.prepare({}, anew=False) == 0
    other.release()
