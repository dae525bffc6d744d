"""GLiNER, SpanMarker and Flair: the real packages, on tiny models that are made here (see tiny_models)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gonerd import Document, Entity
from gonerd.adapters import AdapterOptions, Prediction, adapter_from_spec
from gonerd.adapters.predictions import prediction_from_record
from gonerd.errors import ExtraError
from gonerd.records import write_documents
from tests.peers import InstallError, install, run_with

pytestmark = pytest.mark.peers

PACKAGES = {"gliner": "gliner", "spanmarker": "transformers4", "flair": "transformers4"}

SENTENCE = "Ada Marlow and Bo met in Oslo . they said nothing of Harbor Trust until Monday . "
EXPECTED = [("Ada Marlow", "PER"), ("Bo", "PER"), ("Oslo", "LOC"), ("Harbor Trust", "ORG")]
LABEL_OF = {**dict(EXPECTED), "Ostrava": "LOC"}
LONG = "it rained . " * 10 + SENTENCE * 12 + "and then Ada Marlow met Bo in Ostrava ."
HARD = "\U0001f469\u200d\U0001f680 Ada Marlow\r\nmet e\u0301\u200b Bo\u2028in Oslo ."
TEXTS = [SENTENCE, "", LONG, HARD, "it rained and they met .", "\u200d"]


def gold(id_: str, text: str) -> Document:
    """The small world's names in `text`."""
    found = re.finditer("|".join(LABEL_OF), text)
    entities = tuple(Entity(m.start(), m.end(), LABEL_OF[m[0]]) for m in found)
    return Document(id=id_, text=text, entities=entities)


@dataclass(frozen=True)
class Peer:
    """One kind of model, and what it answered to all questions, in one process."""

    kind: str
    folder: Path
    answers: dict[str, Any]

    def predictions(self, question: str) -> list[Prediction]:
        return [prediction_from_record(r)[0] for r in self.answers[question]["predictions"]]

    def mentions(self, question: str, number: int) -> list[tuple[str, str]]:
        found = self.predictions(question)[number]
        return [(TEXTS[number][e.start : e.end], e.label) for e in found.entities]


def questions(kind: str, folder: Path) -> dict[str, dict[str, Any]]:
    spec = f"{kind}:{folder / 'model'}"

    def asked(spec: str = spec, texts: list[str] = TEXTS, **options: Any) -> dict[str, Any]:
        return {"spec": spec, "documents": texts, "options": options}

    most = {"gliner": 48, "spanmarker": 40, "flair": 12}[kind]
    renamed = {"gliner": "person", "spanmarker": "PERSON", "flair": "PER"}[kind]
    place = {"gliner": "location", "spanmarker": "GPE", "flair": "LOC"}[kind]
    found = {
        "default": asked(),
        "one at a time": asked(batch_size=1),
        "seven at once": asked(batch_size=7),
        "bare": asked(spec.partition(":")[2], []),
        "truncate": asked(policy="truncate", max_len=most),
        "mapped": asked(label_map={renamed: "ORG", place: None}),
        "native": asked(policy="native"),
        "too long": asked(max_len=10**6),
        "dtype": asked(dtype="bfloat16"),
        "device": asked(device="cuda:99"),
        "absent": asked(f"{kind}:./absent/folder"),
        "other": asked(f"{kind}:{Path(__file__).parent}"),
        "check": {"check": spec},
        "eval": {"run": f"eval --model {spec} --dataset {folder}/gold.jsonl --split all".split()},
    }
    found["eval"]["run"] += ["--no-cost", "--out", str(folder / "run")]
    if kind == "gliner":
        found["strict"] = asked(f"{spec}?threshold=0.999999")
        found["threshold"] = asked(f"{spec}?threshold=7")
        found["prompts"] = asked(label_map={"person": None})
    else:
        found["strangers"] = asked(label_map={"Q5": "PER"})
    return found


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Peer]:
    return {}


@pytest.fixture(params=PACKAGES)
def peer(
    request: pytest.FixtureRequest, made: dict[str, Peer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Peer]:
    kind = request.param
    if kind not in made:
        made[kind] = make(kind, tmp_path_factory.mktemp(kind))
    return made[kind]  # type: ignore[return-value]


def make(kind: str, folder: Path) -> Peer:
    packages = PACKAGES[kind]
    try:
        install(packages)
    except InstallError as problem:
        pytest.skip(f"{packages} can't be installed here: {problem}")
    done = run_with(packages, ["-m", "tests.gonerd.adapters.tiny_models", kind, str(folder)])
    assert done.returncode == 0, done.stderr[-3000:]
    write_documents(folder / "gold.jsonl", [gold("a", SENTENCE), gold("b", LONG)])
    asked = questions(kind, folder)
    done = run_with(
        packages,
        ["-m", "tests.gonerd.adapters.peer_probe"],
        said=json.dumps(list(asked.values())),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return Peer(kind, folder, dict(zip(asked, answers, strict=True)))


def test_it_finds_what_it_learned_with_our_labels(peer: Peer) -> None:
    assert peer.mentions("default", 0) == EXPECTED
    assert peer.mentions("default", 4) == []


def test_a_long_document_is_read_to_its_end_in_windows(peer: Peer) -> None:
    (found,) = [p for p in peer.predictions("default") if p.doc_id == "d2"]
    assert found.windows > 3
    assert found.consumed_to == len(LONG)
    truth = {(entity.start, entity.end, entity.label) for entity in gold("b", LONG).entities}
    assert len(truth) == 51
    said = {(entity.start, entity.end, entity.label) for entity in found.entities}
    # SpanMarker's markers would take longer to learn every place by heart; windows lose nothing
    assert len(truth ^ said) <= (5 if peer.kind == "spanmarker" else 0)
    assert all(one.end <= other.start for one, other in pairwise(found.entities))


def test_offsets_hold_in_text_that_is_hard(peer: Peer) -> None:
    assert ("Ada Marlow", "PER") in peer.mentions("default", 3)
    assert ("Oslo", "LOC") in peer.mentions("default", 3)


def test_empty_texts_are_answered(peer: Peer) -> None:
    found = peer.predictions("default")
    assert [p.doc_id for p in found] == [f"d{number}" for number in range(len(TEXTS))]
    assert found[1].entities == ()
    assert found[1].consumed_to == 0


def test_the_batch_size_changes_nothing(peer: Peer) -> None:
    for other in ("one at a time", "seven at once"):
        for one, two in zip(peer.predictions("default"), peer.predictions(other), strict=True):
            assert one.entities == two.entities
            assert one.scores == pytest.approx(two.scores, abs=1e-5)


def test_types_without_a_label_are_left_out_and_counted(peer: Peer) -> None:
    dropped = [p.dropped for p in peer.predictions("default")]
    if peer.kind == "gliner":  # nobody asked for days
        assert not any(dropped)
    else:
        assert dropped[0] == {"DATE": 1}
        assert dropped[2] == {"DATE": 12}


def test_a_label_map_is_applied_and_recorded(peer: Peer) -> None:
    found = peer.mentions("mapped", 0)
    assert ("Ada Marlow", "ORG") in found
    assert ("Bo", "ORG") in found
    assert "LOC" not in {label for _, label in found}
    place = {"gliner": "location", "spanmarker": "GPE", "flair": "LOC"}[peer.kind]
    assert peer.predictions("mapped")[0].dropped[place] == 1
    assert peer.answers["mapped"]["policy"]["label_map"][place] is None
    if peer.kind == "gliner":  # types are prompts: these two, and no others
        assert peer.answers["mapped"]["card"]["details"]["prompts"] == ["person", "location"]


def test_truncation_reads_the_beginning_only(peer: Peer) -> None:
    found = peer.predictions("truncate")[2]
    assert found.windows == 1
    assert 0 < found.consumed_to < len(LONG) / 3
    assert all(entity.end <= found.consumed_to for entity in found.entities)
    assert peer.predictions("truncate")[1].consumed_to == 0
    assert peer.answers["truncate"]["policy"]["mode"] == "truncate"


def test_card_and_policy_say_what_was_done(peer: Peer) -> None:
    answer = peer.answers["default"]
    card, policy = answer["card"], answer["policy"]
    assert (card["kind"], card["id"]) == (peer.kind, "model")
    assert re.fullmatch("[0-9a-f]{40}", card["revision"])
    assert re.fullmatch("[0-9a-f]{64}", card["weights_sha256"])
    assert card["params"] > 10_000
    assert card["max_len"] == {"gliner": 64, "spanmarker": 46, "flair": None}[peer.kind]
    assert str(peer.folder) not in json.dumps(answer)
    assert policy["mode"] == "window"
    assert policy["stride"] < policy["max_len"]
    details = card["details"]
    if peer.kind == "gliner":
        assert details["threshold"] == 0.5
        assert details["prompts"] == [
            "person", "organization", "location", "age", "address", "phone number",
        ]  # fmt: skip
    if peer.kind != "flair":
        assert details["max_entity_words"] == 3


def test_every_check_of_check_model_passes(peer: Peer) -> None:
    checks = peer.answers["check"]["checks"]
    assert [check for check in checks if not check["ok"]] == []
    (streaming,) = [check for check in checks if check["name"] == "streaming"]
    assert re.match(r"it took \d{1,2} documents? before", streaming["detail"])


def test_gonerd_eval_runs_among_its_packages(peer: Peer) -> None:
    assert peer.answers["eval"] == {"status": 0}
    result = json.loads((peer.folder / "run" / "result.json").read_text())
    full = result["scores"]["full"]
    assert full["tp"] + full["fn"] == result["dataset"]["gold_total"] == 55
    assert full["f1"] >= (0.94 if peer.kind == "spanmarker" else 1.0)
    assert result["model"]["kind"] == peer.kind


def test_a_folder_alone_is_recognised(peer: Peer) -> None:
    assert peer.answers["bare"]["card"]["kind"] == peer.kind


def test_what_it_can_not_do_is_told_in_one_sentence(peer: Peer) -> None:
    said = {name: answer.get("error") for name, answer in peer.answers.items()}
    assert said["dtype"] == f"--model {peer.kind} has no use for --dtype, found bfloat16"
    assert "cuda:99" in said["device"]
    assert said["absent"].startswith("./absent/folder is no model's folder")
    assert re.search("is no (GLiNER|SpanMarker|Flair) model", said["other"])
    if peer.kind == "flair":  # any length, whole
        assert said["native"] is None
        assert peer.predictions("native")[2].windows == 1
    else:
        assert "at once, and documents are longer" in said["native"]
        assert "this model reads at most" in said["too long"]
    if peer.kind == "gliner":
        assert "expected ?threshold=NUMBER between 0 and 1" in said["threshold"]
        assert "none of the types becomes a label" in said["prompts"]
        assert sum(len(p.entities) for p in peer.predictions("strict")) < 50
    else:
        assert "maps 'Q5', which the model does not know" in said["strangers"]


@pytest.mark.parametrize(
    ("kind", "package"), [("gliner", "gliner"), ("spanmarker", "span-marker"), ("flair", "flair")]
)
def test_without_its_package_it_says_what_to_install(kind: str, package: str) -> None:
    with pytest.raises(
        ExtraError, match=f"{package}, which is not installed: pip install gonerd {package}"
    ):
        adapter_from_spec(f"{kind}:acme/model", AdapterOptions())
