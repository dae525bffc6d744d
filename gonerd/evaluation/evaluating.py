"""Run a model over a split and say what it found, what it could not reach, and what that cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gonerd.adapters import Adapter
from gonerd.adapters.predictions import prediction_from_record
from gonerd.evaluation.cost import STARTED_ANEW, Cost, CostPlan, cost_of
from gonerd.evaluation.journal import LinesByDocument
from gonerd.evaluation.model_names import OWN_NAMES, ModelNames
from gonerd.evaluation.outcome import Outcome
from gonerd.evaluation.perturbing import Perturbation
from gonerd.evaluation.processes import Processes
from gonerd.evaluation.record import artifact, efficiency_record, heading
from gonerd.evaluation.running import Run
from gonerd.evaluation.schema import PREDICTIONS_FILE, RESULT_FILE, require_valid_result
from gonerd.evaluation.surveying import seen_in_training
from gonerd.files import folder_to_write, read_json, text_to_write, write_json
from gonerd.records import json_from_line
from gonerd.scoring.confidence import REPLICATES

__all__ = ["evaluate_model"]


def evaluate_model(
    adapter: Adapter,
    out: Path,
    *,
    dataset: str,
    split: str,
    command: Sequence[str] = (),
    seed: int = 0,
    replicates: int = REPLICATES,
    overwrite: bool = False,
    perturbation: Perturbation | None = None,
    cost: CostPlan | None = None,
    names: ModelNames = OWN_NAMES,
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
        replicates: of the bootstrap.
        overwrite: replace `out`, and throw away what is unfinished.
        perturbation: change the texts first; predictions are kept for the original texts.
        cost: what to time at fixed lengths; None leaves it out.
        names: what the result calls the model and its teacher.

    Raises:
        InputError: the dataset is missing or the split is empty, or the model's revision is no hash.
        ConfigError: a model of the Hub is given another name.
        CheckError: the adapter did not give one prediction a document, in order.
        OutputError: `out` exists and `overwrite` is off, or what is unfinished is another run.
    """
    processes = Processes.of_environment()
    run = Run(adapter, out, dataset, split, perturbation, processes, names)
    try:
        with processes.joined() as together:
            if processes.is_first:
                run.prepare(anew=overwrite)
            together.wait()
            run.look_for_finished()
            together.wait()
            run.predict()
            together.wait()
            if processes.is_first:
                _write(
                    run, command, seed=seed, replicates=replicates, overwrite=overwrite, cost=cost
                )
            together.wait()
    finally:
        run.journal.release()
    result: dict[str, Any] = read_json(out / RESULT_FILE)
    return result


def _write(
    run: Run,
    command: Sequence[str],
    *,
    seed: int,
    replicates: int,
    overwrite: bool,
    cost: CostPlan | None,
) -> None:
    """Score what all processes predicted, and write the run's folder."""
    assert run.surveyed is not None, "the first process has prepared"
    identity = run.identity | {"model": run.journal.model() or run.identity["model"]}
    stretches, reread = run.journal.stretches()
    costs = Cost() if cost is None else cost_of(run.adapter, run.documents, cost)
    with folder_to_write(run.out, overwrite=overwrite) as folder:
        file = folder / PREDICTIONS_FILE
        with run.journal.reading() as lines:
            outcome = _outcome(run, lines, file, seed, replicates)
        result = {
            **heading(identity, command, seed=seed, processes=run.processes),
            **outcome,
            "efficiency": efficiency_record(
                run.surveyed,
                stretches,
                run.journal.peaks(),
                reread=reread,
                device=run.adapter.policy.device,
                starts_anew=run.adapter.card.kind in STARTED_ANEW,
                processes=run.processes,
                cost=costs,
            ),
            "artifacts": [artifact(file)],
        }
        require_valid_result(result, RESULT_FILE)
        write_json(folder / RESULT_FILE, result)
    run.journal.remove()


def _outcome(
    run: Run, lines: LinesByDocument, file: Path, seed: int, replicates: int
) -> dict[str, Any]:
    """Copy each document's line in the dataset's order, and count what it says."""
    counted = Outcome(seen_in_training(run.dataset, run.split))
    with text_to_write(file) as out:
        for document in run.documents():
            line = lines[document.id]
            prediction, _ = prediction_from_record(json_from_line(line))
            counted.add(document, prediction)
            out.write(line)
    return counted.as_json(seed=seed, replicates=replicates)
