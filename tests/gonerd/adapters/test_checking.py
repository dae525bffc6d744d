import json
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from gonerd import Document, Entity
from gonerd.adapters import AdapterOptions, ModelCard, Policy, Prediction, adapter_from_spec
from gonerd.adapters.checking import READ_AHEAD, Check, check_adapter, sample_documents
from gonerd.cli.main import run


class Names:
    """A sound model: it finds every `Ada`. The others break one thing each."""

    card = ModelCard(kind="names", id="names", revision="0" * 40)
    policy = Policy()

    def one(self, document: Document) -> Prediction:
        start = document.text.find("Ada")
        found = (Entity(start, start + 3, "PER"),) if start >= 0 else ()
        return Prediction(document.id, found, len(document.text), scores=(0.5,) * len(found))

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        for document in documents:
            yield self.one(document)

    def with_batch_size(self, batch_size: int) -> "Names":
        return self


def wrapped(change: Any) -> Any:
    class Changed(Names):
        def one(self, document: Document) -> Prediction:
            changed: Prediction = change(super().one(document), document)
            return changed

    return Changed


class Whole(Names):
    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        yield from [self.one(document) for document in list(documents)]


class Restless(Names):
    def __init__(self) -> None:
        self.rng = random.Random(0)

    def one(self, document: Document) -> Prediction:
        return replace(super().one(document), scores=None, consumed_to=self.rng.randrange(9, 4000)
                       if document.id == "long" else len(document.text))  # fmt: skip


class Batchy(Names):
    def with_batch_size(self, batch_size: int) -> Names:
        return Restful() if batch_size == 3 else self


class Restful(Names):
    def one(self, document: Document) -> Prediction:
        return Prediction(document.id, (), len(document.text), scores=())


class Drifting(Names):
    def with_batch_size(self, batch_size: int) -> Names:
        return Doubtful() if batch_size == 3 else self


class Doubtful(Names):
    def one(self, document: Document) -> Prediction:
        sure = super().one(document)
        return replace(sure, scores=tuple(0.49 for _ in sure.entities))


class Ordered(Names):
    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        for number, document in enumerate(documents):
            yield self.one(document) if number else Restful().one(document)


class Raising(Names):
    def one(self, document: Document) -> Prediction:
        return Prediction(document.id, (), 1 // len("".join(filter(str.isalnum, document.text))))


def failed(model: Any) -> dict[str, str]:
    return {check.name: check.detail for check in check_adapter(model) if not check.ok}


def test_a_sound_model_passes_every_check() -> None:
    checks = list(check_adapter(Names()))
    assert [check for check in checks if not check.ok] == []
    assert Check("scores", True, "3 within 0 and 1") in checks
    assert Check("streaming", True, "it took 1 document before its first answer") in checks


@pytest.mark.parametrize("spec", ["rules"])
def test_our_own_models_pass(spec: str) -> None:
    assert failed(adapter_from_spec(spec, AdapterOptions())) == {}


def test_the_documents_have_what_breaks_models() -> None:
    by_id = {document.id: document for document in sample_documents()}
    assert "\u200d" in by_id["emoji"].text
    assert "\r\n" in by_id["line-ends"].text
    assert by_id["blank"].text.strip(" \u00a0\r\n\u200b") == ""
    assert len(by_id["long"].tokens or ()) > 512
    assert all(not document.entities and not document.meta for document in by_id.values())


@pytest.mark.parametrize(
    ("model", "name", "reason"),
    [
        (wrapped(lambda p, d: replace(p, doc_id="x")), "answers", "predicted 'x' where 'emoji' was"),
        (wrapped(lambda p, d: replace(p, entities=p.entities * 2)), "answers", "overlapping entities"),
        (
            wrapped(lambda p, d: replace(p, entities=(Entity(0, 10**6, "PER"),))),
            "answers",
            "an entity that ends at 1000000, past what it read",
        ),
        (
            wrapped(lambda p, d: Prediction(p.doc_id, (), 0, error="no memory")),
            "answers",
            "'emoji' failed: no memory",
        ),
        (
            wrapped(lambda p, d: replace(p, entities=tuple(replace(e, label="GPE") for e in p.entities))),
            "labels",
            "label 'GPE' is none of PER, ORG, LOC, MISC: every one counts as wrong",
        ),
        (
            wrapped(lambda p, d: replace(p, scores=tuple(7.0 for _ in p.entities))),
            "answers",
            "gave 1 scores for 1 entities; expected one each, from 0 to 1",
        ),
        (wrapped(lambda p, d: replace(p, scores=())), "answers", "0 scores for 1 entities"),
        (
            wrapped(lambda p, d: replace(p, entities=(), scores=(), consumed_to=min(9, len(d.text)))),
            "reach",
            "it read 9 of 4,311 characters, and its policy says 'native', not 'truncate'",
        ),
        (
            wrapped(lambda p, d: p if d.id in ("emoji", "d1") else replace(p, entities=(), scores=())),
            "ids",
            "document 'emoji': asked under other ids, it says nothing instead of PER [",
        ),
        (Whole, "streaming", f"it took {READ_AHEAD:,} documents before it answered for the first"),
        (Restless, "again", "document 'long': asked again, it read up to character"),
        (Batchy, "batches", "document 'emoji': with batch size 3, it says nothing instead of PER ["),
        (Drifting, "batches", "'emoji': with batch size 3, scores differ by more than 1e-05"),
        (Ordered, "order", "document 'emoji': asked in another order, it says PER ["),
        (Raising, "answers", "raised ZeroDivisionError"),
    ],
)  # fmt: skip
def test_each_way_to_break_the_contract_is_found(model: Any, name: str, reason: str) -> None:
    found = failed(model())
    assert reason in found[name]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (
            ModelCard(kind="x", id="x", revision="main"),
            "revision is 'main', expected 40 hex digits",
        ),
        (ModelCard(kind="x", id="/models/mine", revision="0" * 40), "expected names, and no path"),
        (ModelCard(kind="x", id="x", revision="0" * 40, details={"a": {1}}), "the card is no JSON"),
    ],
)
def test_a_card_that_can_not_be_recorded_is_found(card: ModelCard, reason: str) -> None:
    model = Names()
    model.card = card
    assert reason in failed(model)["identity"]


def program(tmp_path: Path, entity: str) -> str:
    path = tmp_path / "mine.py"
    path.write_text(
        dedent(
            f"""
            import json, sys
            for line in sys.stdin:
                document = json.loads(line)
                spans = [{entity}] if document["text"].strip() else []
                print(json.dumps({{"doc_id": document["id"], "entities": spans}}))
            """
        )
    )
    return f"cmd:{sys.executable} {path}"


def test_the_command_prints_a_table_and_exits_with_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check-model", "--model", "rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok      policy        native"
    assert all(line.startswith("ok ") for line in lines)
    assert run(["check-model", "--model", program(tmp_path, '[0, 1, "PER"]')]) == 0
    capsys.readouterr()
    spec = program(tmp_path, '[0, 1, "PER"], [0, 2, "PER"]')
    assert run(["check-model", "--model", spec]) == 1
    said = capsys.readouterr()
    assert "FAILED  answers       document 'emoji': the model predicted overlapping" in said.out
    assert "FAILED  labels        left out, as the model gave no valid answers" in said.out
    assert f"gonerd: {spec}: 8 of 13 checks failed (answers, labels," in said.err


def test_the_command_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = program(tmp_path, '[0, 1, "PER"]')
    assert run(["check-model", "--model", spec, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    assert said["model"]["id"] == "mine.py"
    assert {check["name"] for check in said["checks"]} >= {
        "answers",
        "labels",
        "again",
        "streaming",
    }
    assert run(["check-model", "--model", program(tmp_path, '[0, 99999, "PER"]'), "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["ok"]


def test_a_label_map_is_heeded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = program(tmp_path, '[0, 1, "Q5"]')
    assert run(["check-model", "--model", spec, "--label-map", "Q5=PER", "--json"]) == 0
    details = {c["name"]: c["detail"] for c in json.loads(capsys.readouterr().out)["checks"]}
    assert details["labels"] == "PER"
    assert run(["check-model", "--model", spec, "--label-map", "Q5=PERSON"]) == 2
