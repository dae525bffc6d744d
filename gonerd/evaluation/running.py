"""A model's way through a split: what is finished is kept, what is missing is predicted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from gonerd.adapters import Adapter, Batched, Prediction
from gonerd.adapters.predictions import record_from_prediction
from gonerd.console import counted, note
from gonerd.dataset.loading import documents_of
from gonerd.evaluation.answering import Answers
from gonerd.evaluation.journal import Journal, unfinished_folder
from gonerd.evaluation.memory import begin_peaks, process_peaks
from gonerd.evaluation.model_names import OWN_NAMES, ModelNames
from gonerd.evaluation.perturbing import Perturbation, Perturbed, perturbed
from gonerd.evaluation.processes import Processes
from gonerd.evaluation.progress import progress
from gonerd.evaluation.record import identity_of, model_record
from gonerd.evaluation.surveying import SplitRecord, split_record
from gonerd.files import require_folder_to_write
from gonerd.schema import Document

__all__ = ["TOGETHER", "Run"]

TOGETHER = 32
"""Documents that a model which takes batches is given at once: a kill costs at most what they take."""


@dataclass
class Run:
    """One model on one split, in the steps that its processes take together."""

    adapter: Adapter
    out: Path
    dataset: str
    split: str
    perturbation: Perturbation | None
    processes: Processes
    names: ModelNames = OWN_NAMES
    journal: Journal = field(init=False)
    _finished: frozenset[str] = frozenset()
    surveyed: SplitRecord | None = None
    """What the split holds; the first process alone knows it."""
    _model_noted: bool = False
    identity: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.journal = Journal(unfinished_folder(self.out))

    def prepare(self, *, anew: bool) -> None:
        """Refuse what can't be run, and begin the journal or go on with it: for the first process alone."""
        require_folder_to_write(self.out, overwrite=anew)
        self.surveyed = split_record(self.dataset, self.split)
        self.identity = identity_of(self.adapter, self.surveyed, self.perturbation, self.names)
        finished = self.journal.prepare(self.identity, anew=anew)
        if finished:
            note(
                f"going on after {counted(finished, 'document')} of "
                f"{self.surveyed.documents:,}, kept in {self.journal.folder}"
            )

    def look_for_finished(self) -> None:
        """See what needs no prediction any more, before any process adds to it."""
        self._finished = frozenset(self.journal.index())

    def predict(self) -> None:
        """Predict what is left of this process' share, and append it to the journal."""
        device = self.adapter.policy.device
        begin_peaks(device)
        try:
            with (
                self.journal.writing(self.processes.rank) as writer,
                self._progress() as advance,
            ):
                for text, prediction, seconds, reread in self._answers():
                    if prediction.doc_id not in self._finished:
                        self._note_model()
                        record = record_from_prediction(prediction, text)
                        writer.add(record, seconds=seconds, reread=reread)
                        advance()
        except BaseException:
            self._say_what_is_kept()
            raise
        self.journal.note_peaks(self.processes.rank, process_peaks(device))

    def documents(self) -> Iterator[Document]:
        """The split anew, with gold, one document at a time."""
        return documents_of(self.dataset, self.split)

    def _answers(self) -> Iterator[tuple[str, Prediction, float, bool]]:
        """Each text of this process' share, what was predicted, the seconds, and whether it was reread."""
        originals: dict[str, Perturbed] = {}
        answers = Answers(self.adapter)
        reread = 0
        for group in self._groups():
            for document, prediction in answers.of(self._questions(group, originals)):
                text = document.text
                if self.perturbation is not None:
                    changed = originals.pop(document.id)
                    prediction = changed.original_prediction(prediction)
                    text = changed.original.text
                yield text, prediction, answers.watch.lap(), answers.reread > reread
                reread = answers.reread

    def _groups(self) -> Iterator[Iterable[Document]]:
        """This process' documents that have no prediction yet, in what the model is given at once.

        What a model computes in batches may differ in its last digits with the other documents of a batch.
        So one that takes batches gets groups that lie at the same places of the split whatever was finished
        before and however many processes there are: a group of which anything is missing is read again.
        """
        if not isinstance(self.adapter, Batched):
            share = self.processes.share(self.documents())
            yield (document for document in share if document.id not in self._finished)
            return
        together = max(TOGETHER, self.adapter.policy.batch_size or 1)
        share = self.processes.share(self.documents(), together=together)
        while group := list(islice(share, together)):
            if any(document.id not in self._finished for document in group):
                yield group

    def _questions(
        self, documents: Iterable[Document], originals: dict[str, Perturbed]
    ) -> Iterator[Document]:
        """The documents as the model is to read them: changed where that was asked for."""
        for document in documents:
            if self.perturbation is None:
                yield document
            else:
                changed = perturbed(document, self.perturbation)
                originals[document.id] = changed
                yield changed.document

    def _note_model(self) -> None:
        """Keep what the adapter says of its model; a program says it with its first answer only."""
        if self.processes.is_first and not self._model_noted:
            self._model_noted = True
            self.journal.note_model(model_record(self.adapter, self.names))

    def _say_what_is_kept(self) -> None:
        if self.processes.count == 1:  # others may be about to write
            self.journal.remove_if_empty()
        if self.processes.is_first and self.journal.folder.exists():
            note(f"what was predicted is kept in {self.journal.folder}: the same command goes on")

    def _progress(self) -> Any:
        total = self.surveyed.documents if self.surveyed is not None else 0
        share = -(-total // self.processes.count)
        done = len(self._finished) // self.processes.count
        return progress(share, done=done, shown=self.processes.is_first)
