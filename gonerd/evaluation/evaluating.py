"""Run a model over a split and say what it found, what it could not reach, and what that cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.adapters import Adapter
from gonerd.adapters.predictions import prediction_from_record, record_from_prediction
from gonerd.console import counted, note
from gonerd.dataset.loading import documents_of
from gonerd.evaluation.answering import Answers
from gonerd.evaluation.calibration import Calibration
from gonerd.evaluation.cost import Cost, CostPlan, cost_of
from gonerd.evaluation.coverage import Coverage
from gonerd.evaluation.journal import Journal, LinesByDocument, unfinished_folder
from gonerd.evaluation.memory import begin_peaks, process_peaks
from gonerd.evaluation.perturbing import Perturbation, Perturbed, perturbed
from gonerd.evaluation.processes import Processes
from gonerd.evaluation.progress import progress
from gonerd.evaluation.record import (
    PREDICTIONS_FILE,
    RESULT_FILE,
    artifact,
    efficiency_record,
    heading,
    identity_of,
)
from gonerd.evaluation.surveying import SplitRecord, split_record
from gonerd.files import (
    folder_to_write,
    read_json,
    require_folder_to_write,
    text_to_write,
    write_json,
)
from gonerd.records import json_from_line
from gonerd.schema import Document
from gonerd.scoring import Scorer

__all__ = ["Evaluation", "evaluate_model"]


def evaluate_model(
    adapter: Adapter,
    out: Path,
    *,
    dataset: str,
    split: str,
    command: Sequence[str] = (),
    seed: int = 0,
    overwrite: bool = False,
    perturbation: Perturbation | None = None,
    cost: CostPlan | None = None,
) -> dict[str, Any]:
    """Write result.json and predictions.jsonl.zst into `out`, whole or not at all; return the result.

    Predictions are kept in `out`.unfinished as they come: the same call goes on after a kill and ends with
    the same file. Under torchrun or `accelerate launch` each process takes its share, the first one scores
    and writes, and all return the result. A document at which the model fails is all missed and listed.

    Args:
        adapter: the model; its card's revision is 40 hex digits.
        out: the folder of the run.
        dataset: as `gonerd.dataset.load` takes it; it is read more than once, one document at a time.
        split: one of its splits, or `all`.
        command: the command line, for the record.
        seed: of the bootstrap.
        overwrite: replace `out`, and throw away what is unfinished.
        perturbation: change the texts first; predictions are kept for the original texts.
        cost: what to time at fixed lengths; None leaves it out.

    Raises:
        InputError: the dataset is missing or the split is empty, or the model's revision is no hash.
        CheckError: the adapter did not give one prediction a document, in order.
        OutputError: `out` exists and `overwrite` is off, or what is unfinished is another run.
    """
    processes = Processes.of_environment()
    evaluation = Evaluation(adapter, out, dataset, split, perturbation, processes)
    with processes.joined() as together:
        if processes.is_first:
            evaluation.prepare(anew=overwrite)
        together.wait()
        evaluation.look_for_finished()
        together.wait()
        evaluation.predict()
        together.wait()
        if processes.is_first:
            evaluation.write(command, seed=seed, overwrite=overwrite, cost=cost)
        together.wait()
    result: dict[str, Any] = read_json(out / RESULT_FILE)
    return result


@dataclass
class Evaluation:
    """One run, in the steps that its processes take together."""

    adapter: Adapter
    out: Path
    dataset: str
    split: str
    perturbation: Perturbation | None
    processes: Processes
    journal: Journal = field(init=False)
    _finished: frozenset[str] = frozenset()
    _surveyed: SplitRecord | None = None
    _identity: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.journal = Journal(unfinished_folder(self.out))

    def prepare(self, *, anew: bool) -> None:
        """Refuse what can't be run, and begin the journal or go on with it: for the first process alone."""
        require_folder_to_write(self.out, overwrite=anew)
        self._surveyed = split_record(self.dataset, self.split)
        self._identity = identity_of(self.adapter, self._surveyed, self.perturbation)
        finished = self.journal.prepare(self._identity, anew=anew)
        if finished:
            note(
                f"going on after {counted(finished, 'document')} of "
                f"{self._surveyed.documents:,}, kept in {self.journal.folder}"
            )

    def look_for_finished(self) -> None:
        """See what needs no prediction any more, before any process adds to it."""
        self._finished = frozenset(self.journal.index())

    def predict(self) -> None:
        """Predict what is left of this process' share, and append it to the journal."""
        device = self.adapter.policy.device
        begin_peaks(device)
        originals: dict[str, Perturbed] = {}
        answers = Answers(self.adapter)
        try:
            with (
                self.journal.writing(self.processes.rank) as writer,
                self._progress() as advance,
            ):
                reread = 0
                for document, prediction in answers.of(self._questions(originals)):
                    text = document.text
                    if self.perturbation is not None:
                        changed = originals.pop(document.id)
                        prediction = changed.original_prediction(prediction)
                        text = changed.original.text
                    writer.add(
                        record_from_prediction(prediction, text),
                        seconds=answers.watch.lap(),
                        reread=answers.reread - reread,
                    )
                    reread = answers.reread
                    advance()
        except BaseException:
            if self.processes.count == 1:  # others may be about to write
                self.journal.remove_if_empty()
            raise
        self.journal.note_peaks(self.processes.rank, process_peaks(device))

    def write(
        self, command: Sequence[str], *, seed: int, overwrite: bool, cost: CostPlan | None
    ) -> None:
        """Score what all processes predicted, and write the run's folder."""
        assert self._surveyed is not None, "the first process has prepared"
        stretches, reread = self.journal.stretches()
        costs = Cost() if cost is None else cost_of(self.adapter, self._documents, cost)
        with folder_to_write(self.out, overwrite=overwrite) as folder:
            file = folder / PREDICTIONS_FILE
            with self.journal.reading() as lines:
                outcome = self._outcome(lines, file, seed)
            result = {
                **heading(self._identity, command, seed=seed, processes=self.processes),
                **outcome,
                "efficiency": efficiency_record(
                    self._surveyed,
                    stretches,
                    self.journal.peaks(),
                    reread=reread,
                    device=self.adapter.policy.device,
                    processes=self.processes,
                    cost=costs,
                ),
                "artifacts": [artifact(file)],
            }
            write_json(folder / RESULT_FILE, result)
        self.journal.remove()

    def _outcome(self, lines: LinesByDocument, file: Path, seed: int) -> dict[str, Any]:
        """Copy each document's line in the dataset's order, and count what it says."""
        scorer, coverage, calibration = Scorer(), Coverage(), Calibration()
        with text_to_write(file) as out:
            for document in self._documents():
                line = lines[document.id]
                prediction, _ = prediction_from_record(json_from_line(line))
                scorer.add(document, prediction.entities)
                coverage.add(document, prediction)
                calibration.add(document, prediction)
                out.write(line)
        return {
            "scores": scorer.scores(seed=seed),
            "coverage": coverage.as_json(),
            "calibration": calibration.as_json(),
        }

    def _documents(self) -> Iterator[Document]:
        return documents_of(self.dataset, self.split)

    def _questions(self, originals: dict[str, Perturbed]) -> Iterator[Document]:
        """What the model is still to read, changed where that was asked for."""
        for document in self.processes.share(self._documents()):
            if document.id in self._finished:
                continue
            if self.perturbation is None:
                yield document
            else:
                changed = perturbed(document, self.perturbation)
                originals[document.id] = changed
                yield changed.document

    def _progress(self) -> Any:
        total = self._surveyed.documents if self._surveyed is not None else 0
        share = -(-total // self.processes.count)
        done = len(self._finished) // self.processes.count
        return progress(share, done=done, shown=self.processes.is_first)
