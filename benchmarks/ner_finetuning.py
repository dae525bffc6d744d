"""NER fine-tuning of a Longformer: ours on packed documents against transformers' Trainer on padded ones.

A small model with random weights that transformers made learns the worldwide newswire (our split by document,
80/10/10, seed 0) on a CPU, float32, no dropout. Both sides have the same tokenizer (learned from the train
split), subwords, windows, labels, settings of AdamW and learning rate in each step. Two parts:

- time: one pass over a part of the train split (every so many documents by length), eight documents a step on
  average. Ours packs them; the Trainer pads to the longest of a batch of eight that it groups by length
  (`train_sampling_strategy="group_by_length"`), to that of a batch of eight in random order, and to 4,096.
  The ways take turns; what counts is the ratio within a round, of which the median is taken. Tokens are those
  of the documents, padding not counted. Seconds are of the steps alone, by the clock and by the processor.
- f1: all documents, the same ones in the same steps: the loop of `gonerd finetune` decides which, the Trainer
  gets the same batches and pads them to their longest. Both models then read the test split; the difference
  has an interval by paired bootstrap over documents.

Run: python benchmarks/ner_finetuning.py [--part time] [--rounds 3] [--epochs 5]
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ner_peer import PeerTraining, save_start

from gonerd.console import note
from gonerd.files import read_json, write_json
from gonerd.machine import environment, keep_freed_memory
from gonerd.records import write_json_lines
from gonerd.scoring.confidence import Difference, intervals
from gonerd.scoring.document_counts import f1_figure
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.tasks.examples import Example, Examples, examples_from
from gonerd_baselines.tasks.finetuning import finetune_task
from gonerd_baselines.tasks.logits import logits_of
from gonerd_baselines.tasks.ner.decoding import decoded
from gonerd_baselines.tasks.ner.scores import document_table, scores_of
from gonerd_baselines.tasks.ner.splits import splits_of
from gonerd_baselines.tasks.ner.task import EncodedNer, NerTask
from gonerd_baselines.tasks.objective import TaskBatch, TaskObjective
from gonerd_baselines.tasks.options import TaskOptions
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.tokens.sampler import PackingSampler
from gonerd_baselines.tokens.tokenizer_training import train_tokenizer
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.log import read_log
from gonerd_baselines.training.trainer import LOG, Trainer

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz"
RESULT = ROOT / "benchmarks/results/ner_finetuning.json"

PARTS = ("time", "f1")
LONGEST, VOCABULARY, DOCUMENTS = 4096, 8_000, 8
EVERY = 8
"""Of the train documents by length, one of so many is timed: padded to 4,096 they take minutes."""

PACKED = "packed"
PADDED = {"grouped_by_length": "group_by_length", "random_order": "random", "padded_4096": "random"}
"""The Trainer's ways, and how it samples in each."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--part", choices=PARTS, action="append", help="[default: all]")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--epochs", type=int, default=5, help="of the part f1")
    options.add_argument("--every", type=int, default=EVERY, help="documents of the part time")
    options.add_argument("--learning-rate", type=float, default=2e-3)
    options.add_argument("--out", type=Path, default=RESULT)
    asked = options.parse_args()
    if not CORPUS.exists():
        print(f"{CORPUS.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    keep_freed_memory()  # the peer gains by it, too
    result = read_json(asked.out) if asked.out.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        encoded = prepared(place)
        facts = {
            "what": __doc__.splitlines()[0],
            "corpus": "stanfordnlp/en-worldwide-newswire, our document split 80/10/10, seed 0",
            "licence": "none stated; research use, the text is not redistributed",
            "splits": encoded.prepared.facts(),
        }
        for part in asked.part or PARTS:
            done = (
                timed(place, encoded, asked) if part == "time" else learned(place, encoded, asked)
            )
            result = {**result, **facts, part: {**done, "machine": environment()}}
            write_json(asked.out, result, overwrite=True)
    print(asked.out)
    return 0


def prepared(place: Path) -> EncodedNer:
    """The start model with its tokenizer as `place`/start, and the corpus as it reads it."""
    sources = splits_of(CORPUS)
    write_json_lines(
        place / "train.jsonl", ({"text": document.text} for document in sources.documents["train"])
    )
    train_tokenizer([place / "train.jsonl"], place / "start", vocab_size=VOCABULARY)
    save_start(
        place / "start", vocabulary=VOCABULARY, longest=LONGEST, labels=NerTask(sources).labels
    )
    return NerTask(sources).encoded(reader_of(from_pretrained(str(place / "start"))))


def timed(place: Path, encoded: EncodedNer, asked: argparse.Namespace) -> dict[str, Any]:
    """Rounds of all ways in turns, after one step of each as warm-up."""
    lengths = encoded.train.lengths
    chosen = sorted(range(len(lengths)), key=lambda n: lengths[n])[asked.every // 2 :: asked.every]
    some = subset(encoded.train, sorted(chosen))
    tokens = int(some.offsets[-1])
    ways: dict[str, Callable[[Examples], tuple[float, float, int]]] = {
        PACKED: lambda examples: ours(place, examples, asked.learning_rate)
    }
    for name in PADDED:
        ways[name] = lambda examples, name=name: peer(place, examples, name, asked.learning_rate)
    warm = subset(some, list(range(DOCUMENTS)))
    times: dict[str, list[tuple[float, float, int]]] = {}
    for round_ in range(-1, asked.rounds):
        for name, way in ways.items():
            took = way(some if round_ >= 0 else warm)
            if round_ >= 0:
                times.setdefault(name, []).append(took)
                note(f"round {round_ + 1}, {name}: {took[0]:.1f} s, {took[2]} steps")
    return {
        "documents": len(some),
        "tokens": tokens,
        "longest": some.longest,
        "rounds": asked.rounds,
        "steps": {name: each[0][2] for name, each in times.items()},
        "tokens_per_second": {
            name: round(tokens / statistics.median(clock for clock, _, _ in each), 1)
            for name, each in times.items()
        },
        "ratios": {
            name: {
                unit: round(
                    statistics.median(
                        b[k] / a[k] for a, b in zip(times[PACKED], times[name], strict=True)
                    ),
                    2,
                )
                for k, unit in enumerate(("clock", "processor"))
            }
            for name in PADDED
        },
        "seconds": {name: [list(took[:2]) for took in each] for name, each in times.items()},
    }


def subset(examples: Examples, numbers: list[int]) -> Examples:
    """Some of the documents."""
    parts = ((examples.tokens_of([n]), examples.labels_of([n])) for n in numbers)
    made = (Example(examples.ids[places], labels=labels) for places, labels in parts)
    return examples_from("a part of train", made, head="token")


def ours(place: Path, examples: Examples, rate: float) -> tuple[float, float, int]:
    """(clock, processor) seconds and steps of a pass, by the loop of `gonerd finetune`."""
    model = from_pretrained(str(place / "start"), head="token").model
    step = max(examples.longest, math.ceil(DOCUMENTS * len(examples.ids) / len(examples)))
    config = TrainingConfig(epochs=1, step_tokens=step, batch_tokens=step, learning_rate=rate)
    objective = Clocked(model, examples, head="token")
    with tempfile.TemporaryDirectory() as work:
        trainer = Trainer(
            objective,
            examples,
            config,
            Path(work),
            progress=lambda _: objective.clock.append(time.process_time()),
        )
        trainer.run()
        return trainer.seconds, objective.clock[-1] - objective.clock[0], trainer.step


class Clocked(TaskObjective):
    """Notes the processor's time before the first batch; before that the loop measures the machine."""

    def batch(self, *given: Any, **named: Any) -> TaskBatch:
        """As ever."""
        if not hasattr(self, "clock"):
            self.clock = [time.process_time()]
        return super().batch(*given, **named)


def peer(place: Path, examples: Examples, way: str, rate: float) -> tuple[float, float, int]:
    """The same by transformers' Trainer."""
    training = PeerTraining(
        place / "start",
        examples,
        longest=LONGEST if way == "padded_4096" else None,
        config=TrainingConfig(epochs=1, learning_rate=rate),
        sampling=PADDED[way],
        documents=DOCUMENTS,
    )
    return training.run()


def learned(place: Path, encoded: EncodedNer, asked: argparse.Namespace) -> dict[str, Any]:
    """Both trainings to their end, and what the two models find in the test split."""
    step = 2 * LONGEST
    train = encoded.train
    sampler = PackingSampler(train, batch_tokens=step, seed=0)
    batches: list[list[int]] = []
    while sampler.epoch < asked.epochs:
        batches.append(next(sampler))
    config = TrainingConfig(
        steps=len(batches),
        step_tokens=step,
        batch_tokens=step,
        learning_rate=asked.learning_rate,
        warmup=0.1,
        log_steps=1,
        evaluate_steps=10**9,  # the last weights, on both sides
    )
    record = finetune_task(
        NerTask(encoded.prepared),
        str(place / "start"),
        place / "ours",
        recipe={"training": config, "task": TaskOptions()},
        overwrite=True,
        note=note,
    )
    logged = [line["loss"] for line in read_log(place / "ours" / LOG) if "loss" in line]
    theirs = PeerTraining(place / "start", train, config=config, batches=batches)
    seconds, _, steps = theirs.run()
    theirs.save(place / "theirs")
    note(f"transformers: {steps} steps, {seconds:.0f} s")
    first = min(20, len(logged))
    tables, scores = {}, {}
    for side in ("ours", "theirs"):
        tables[side] = test_table(place / side, encoded)
        scores[side] = scores_of(tables[side], encoded.prepared.labels)
    columns = [f1_figure(tables[side].sum(axis=1)).columns for side in ("ours", "theirs")]
    ((low, high),) = intervals([Difference(np.concatenate(columns, axis=1))])
    found = {
        "epochs": asked.epochs,
        "steps": steps,
        "tokens": int(sum(train.lengths)) * asked.epochs,
        "learning_rate": asked.learning_rate,
        "test": scores,
        "difference": {
            "f1": scores["ours"]["f1"] - scores["theirs"]["f1"],
            "ci": [low, high],
            "unit": "document, paired",
        },
        "largest_difference_of_losses": {
            f"first {first} steps": float(
                np.abs(np.subtract(logged[:first], theirs.losses[:first])).max()
            ),
            "all steps": float(np.abs(np.subtract(logged, theirs.losses)).max()),
        },
        "last_loss": {"ours": logged[-1], "theirs": theirs.losses[-1]},
        "seconds": {"ours": record["training"]["seconds"], "theirs": round(seconds, 1)},
    }
    print(
        f"test F1 {scores['ours']['f1']:.4f} and {scores['theirs']['f1']:.4f}: {found['difference']}"
    )
    return found


def test_table(folder: Path, encoded: EncodedNer) -> np.ndarray[Any, Any]:
    """(documents, labels, 3) counts of the model in `folder` on the test split."""
    prepared_, pieces = encoded.prepared, encoded.pieces["test"]
    model = from_pretrained(str(folder), head="token").model
    said = pieces.log_probabilities(
        logits_of(model, pieces.examples, head="token"), tags=len(prepared_.tags)
    )
    found = decoded(said, pieces.features, tags=prepared_.tags, labels=prepared_.labels)
    return document_table(pieces.features, found, labels=prepared_.labels)


if __name__ == "__main__":
    torch.manual_seed(0)
    sys.exit(main())
