"""Small runs for the tests: invented documents, scored by `gonerd eval`'s own function."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gonerd import Document, Entity
from gonerd.adapters import ModelCard, Policy, Prediction
from gonerd.evaluation import evaluate_model
from gonerd.labels import LABELS
from gonerd.records import read_json_lines, write_documents, write_json_lines


class NoisyOracle:
    """Knows the gold of `documents` and errs with a fixed rate, so that tests can choose a model's F1."""

    def __init__(
        self,
        documents: Iterable[Document],
        card: ModelCard,
        *,
        error: float,
        reads: int | None = None,
        seed: int = 0,
    ) -> None:
        self.card = card
        self.policy = Policy("truncate" if reads else "native", max_len=reads)
        self._gold = {document.id: document.entities for document in documents}
        self._error = error
        self._reads = reads
        self._random = random.Random(seed)

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        for document in documents:
            end = min(self._reads or len(document.text), len(document.text))
            found = []
            for entity in self._gold[document.id]:
                draw = self._random.random()
                if entity.end > end or draw < self._error / 2:
                    continue
                if draw < self._error:  # found with the wrong label
                    found.append(Entity(entity.start, entity.end, LABELS[entity.start % 4]))
                else:
                    found.append(entity)
            yield Prediction(document.id, tuple(found), consumed_to=end)


def invented_documents(*, n: int = 40, seed: int = 0, host: str = "example.org") -> list[Document]:
    """Documents of 60 tokens with an entity every fifth; a quarter from the justice site."""
    chance = random.Random(seed)
    documents = []
    for number in range(n):
        words = [f"w{chance.randrange(1000)}" for _ in range(60)]
        text = " ".join(words)
        tokens, at = [], 0
        for word in words:
            tokens.append((at, at + len(word)))
            at += len(word) + 1
        documents.append(
            Document(
                id=f"doc-{number}",
                text=text,
                entities=tuple(
                    Entity(*tokens[i], chance.choices(LABELS, (4, 4, 3, 1))[0])
                    for i in range(0, 60, 5)
                ),
                meta={"source": "justice" if number % 4 == 0 else "news", "domain": host},
                tokens=tuple(tokens),
            )
        )
    return documents


def make_run(
    folder: Path,
    *,
    model: str = "acme/tagger",
    revision: str = "0" * 40,
    error: float = 0.3,
    reads: int | None = None,
    dataset: str = "invented",
    host: str = "example.org",
    n: int = 40,
    params: int | None = 1_234_567,
    licence: str | None = "Apache-2.0",
    seed: int = 0,
) -> Path:
    """A run folder as `gonerd eval` leaves it."""
    documents = invented_documents(n=n, host=host, seed=len(dataset))
    corpus = folder.parent / f"{dataset}.jsonl"
    write_documents(corpus, documents, overwrite=True)
    card = ModelCard(
        kind="oracle",
        id=model,
        revision=revision,
        weights_sha256=hashlib.sha256(model.encode("utf-8", "replace")).hexdigest(),
        params=params,
        max_len=reads,
        license=licence,
    )
    oracle = NoisyOracle(documents, card, error=error, reads=reads, seed=seed)
    evaluate_model(
        oracle,
        folder,
        dataset=str(corpus),
        split="all",
        command=["gonerd", "eval", "--model", f"oracle:{model}", "--out", "run"],
    )
    return folder


def change_result(folder: Path, path: str, value: Any) -> None:
    """Set the field at a dotted `path` of result.json; `...` as the value removes it."""
    file = folder / "result.json"
    record = json.loads(file.read_text())
    *parents, last = path.split(".")
    inner = record
    for parent in parents:
        inner = inner[parent]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    file.write_text(json.dumps(record))


def change_predictions(folder: Path, lines: Iterable[Any]) -> None:
    """Write other predictions, with the hash in result.json put right."""
    file = folder / "predictions.jsonl.zst"
    write_json_lines(file, lines, overwrite=True)
    data = file.read_bytes()
    artifact = {"path": file.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    change_result(folder, "artifacts", [artifact])


def predictions_of(folder: Path) -> list[Any]:
    """The lines of a run's predictions."""
    return [record for _, record in read_json_lines(folder / "predictions.jsonl.zst")]
