"""Documents of real lengths through a model of 512 subwords, on a CPU: our windows against transformers'.

The peer is transformers' token-classification pipeline with `stride` (there: how many subwords neighbours
share) and aggregation_strategy="first". All its settings are tried on the first documents; it then runs
twice, with the setting that finds the most and with the quickest, in turns with ours at our defaults and
without sharing, in one process with the same threads. F1 is over all gold. The documents are the test split
of stanfordnlp/en-worldwide-newswire (see tagger_worldwide.py; its MISC is not GONERD's), the model has the
shape of BERT-mini and is trained on the train split in minutes: its F1 compares the two ways to read, and
says nothing else. Seconds are of the clock and of the processor (all threads): on a machine that others use
only the second are steady.

Run: python benchmarks/window_mode.py [--dtype bfloat16] [--train-seconds 480] [--keep DIR | --model DIR]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as `gonerd` sets it, before torch is imported

from window_model import trained_model

from gonerd.adapters import Adapter, AdapterOptions, adapter_from_spec
from gonerd.dataset import build_dataset
from gonerd.dataset.loading import documents_of
from gonerd.files import read_json, write_json
from gonerd.machine import environment
from gonerd.schema import Document, Entity
from gonerd.scoring.counts import Counts, exact_match

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz"
RESULTS = {
    "float32": ROOT / "benchmarks/results/window_mode.json",
    "bfloat16": ROOT / "benchmarks/results/window_mode_bfloat16.json",
}
TRAINING = "training.json"

OURS = {"ours": None, "ours_unshared": 510}
"""--stride: our default, and windows that share nothing."""

SHARED = (64, 128, 256)
BATCHES = (1, 8)
TRIED_ON = 20
"""Documents on which the peer's settings are tried."""

Found = list[Sequence[Entity]]
Reader = Callable[[Sequence[Document]], Found]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--train-seconds", type=float, default=480.0)
    options.add_argument(
        "--model", type=Path, help="a folder that --keep wrote, instead of training"
    )
    options.add_argument("--keep", type=Path, help="where the trained model is kept")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--dtype", choices=RESULTS, default="float32", help="of both")
    options.add_argument(
        "--out", type=Path, help="a file for the result, instead of the committed one"
    )
    asked = options.parse_args()
    if not CORPUS.exists():
        print(f"{CORPUS.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    warnings.filterwarnings("ignore", message="Tokenizer does not support real words")
    with tempfile.TemporaryDirectory() as name:
        built = Path(name) / "worldwide"
        build_dataset(documents_of(str(CORPUS), "all"), built)
        test = list(documents_of(str(built), "test"))
        folder = asked.model or asked.keep or Path(name) / "model"
        if asked.model is None:
            train = list(documents_of(str(built), "train"))
            training = trained_model(folder, train, seconds=asked.train_seconds, seed=0)
            write_json(folder / TRAINING, training, overwrite=True)
        result = compared(folder, test, rounds=asked.rounds, dtype=asked.dtype)
    out = asked.out or RESULTS[asked.dtype]
    write_json(out, result, overwrite=True)
    for peer in result["peers"]:
        for name in OURS:
            times = peer[f"ratio_{name}"]
            print(
                f"{times['processor']:.2f} x by processor, {times['clock']:.2f} x by clock: {name} F1 "
                f"{result[name]['scores']['f1']:.4f}, pipeline (shared {peer['shared']}, batch "
                f"{peer['batch_size']}; {peer['why']}) {peer['scores']['f1']:.4f}"
            )
    print(out)
    return 0


def compared(
    folder: Path, documents: Sequence[Document], *, rounds: int, dtype: str
) -> dict[str, Any]:
    import torch

    blind = [replace(document, entities=(), meta={}) for document in documents]
    adapters = {
        name: adapter_from_spec(f"hf:{folder}", AdapterOptions(dtype=dtype, stride=stride))
        for name, stride in OURS.items()
    }
    peers = {
        (shared, batch): pipeline_of(folder, shared, batch, dtype)
        for shared in SHARED
        for batch in BATCHES
    }
    for adapter in adapters.values():
        reader_of(adapter)(blind[:2])
    trials = []
    for (shared, batch), peer in peers.items():
        seconds, entities = timed(peer, blind[:TRIED_ON])
        f1 = counts_of(documents[:TRIED_ON], entities).f1
        trials.append({"shared": shared, "batch_size": batch, **seconds, "f1": f1})
    best = max(trials, key=lambda trial: (trial["f1"], -trial["cpu_seconds"]))
    quickest = min(trials, key=lambda trial: trial["cpu_seconds"])
    chosen: dict[tuple[int, int], str] = {}
    for why, trial in (("quickest", quickest), ("highest F1", best)):
        key = int(trial["shared"]), int(trial["batch_size"])
        chosen[key] = f"{chosen[key]}, {why}" if key in chosen else why
    runs: dict[Any, list[dict[str, float]]] = {key: [] for key in (*OURS, *chosen)}
    found: dict[Any, Found] = {}
    for _ in range(rounds):
        for key, times in runs.items():
            reader = reader_of(adapters[key]) if key in adapters else peers[key]
            seconds, found[key] = timed(reader, blind)
            times.append(seconds)
    words = sum(len(document.tokens or ()) for document in documents)
    return {
        "what": "windows of a 512-subword model on documents of real lengths, against transformers' pipeline",
        "corpus": {
            "id": "stanfordnlp/en-worldwide-newswire, our document split 80/10/10, test",
            "documents": len(documents),
            "words": words,
            "gold": sum(len(document.entities) for document in documents),
        },
        "model": read_json(folder / TRAINING),
        "threads": torch.get_num_threads(),
        "rounds": rounds,
        **{
            name: {"policy": adapter.policy.as_json(), "details": dict(adapter.card.details)}
            | summary(runs[name], words)
            | {"scores": counts_of(documents, found[name]).as_json()}
            for name, adapter in adapters.items()
        },
        "peers": [
            {"shared": key[0], "batch_size": key[1], "why": why}
            | summary(runs[key], words)
            | {
                "scores": counts_of(documents, found[key]).as_json(),
                **{
                    f"ratio_{name}": {
                        "clock": ratio(runs[key], runs[name], "seconds"),
                        "processor": ratio(runs[key], runs[name], "cpu_seconds"),
                    }
                    for name in OURS
                },
            }
            for key, why in chosen.items()
        ],
        "peer_trials": {"documents": TRIED_ON, "trials": trials},
        "machine": environment(),
    }


def reader_of(adapter: Adapter) -> Reader:
    return lambda read: [prediction.entities for prediction in adapter.predict(read)]


def pipeline_of(folder: Path, shared: int, batch_size: int, dtype: str) -> Reader:
    from transformers import pipeline
    from transformers.utils import logging

    logging.disable_progress_bar()
    found = pipeline(
        "token-classification",
        model=str(folder),
        aggregation_strategy="first",
        stride=shared,
        batch_size=batch_size,
        dtype=dtype,
    )

    def read(documents: Sequence[Document]) -> Found:
        return [
            [Entity(one["start"], one["end"], one["entity_group"]) for one in entities]
            for entities in found([document.text for document in documents])
        ]

    return read


def timed(reader: Reader, documents: Sequence[Document]) -> tuple[dict[str, float], Found]:
    clock, processor = time.perf_counter(), time.process_time()
    found = reader(documents)
    return {
        "seconds": round(time.perf_counter() - clock, 3),
        "cpu_seconds": round(time.process_time() - processor, 3),
    }, found


def summary(times: Sequence[dict[str, float]], words: int) -> dict[str, Any]:
    median = statistics.median(time_["seconds"] for time_ in times)
    return {"times": list(times), "words_per_s": round(words / median, 1)}


def ratio(peer: Sequence[dict[str, float]], ours: Sequence[dict[str, float]], which: str) -> float:
    """The median over the rounds of how many times longer the peer took."""
    ratios = [theirs[which] / own[which] for theirs, own in zip(peer, ours, strict=True)]
    return round(statistics.median(ratios), 3)


def counts_of(documents: Sequence[Document], found: Found) -> Counts:
    pairs = zip(documents, found, strict=True)
    return sum((exact_match(document, entities).total for document, entities in pairs), Counts())


if __name__ == "__main__":
    sys.exit(main())
