import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

import gonerd
from gonerd import Document, Entity
from gonerd.align import tags_from_entities
from gonerd.cli.main import run
from gonerd.dataset import build_dataset, documents_of, load
from gonerd.dataset.rows import document_from_row, row_from_document
from gonerd.dataset.splits import SPLITS
from gonerd.errors import AlignmentError, InputError, OutputError, SchemaError
from gonerd.labels import TAGS
from gonerd.records import write_documents
from tests.places import NER_DATA, needs
from tests.strategies import tokenized_documents


def some_documents(count: int = 40) -> Iterator[Document]:
    for number in range(count):
        text = f"Ada Marlow, {number + 20}, of Port Ellery met Bo. " * (1 + number % 7)
        entities = (Entity(0, 10, "PER"), Entity(12, 14, "MISC", "AGE"), Entity(19, 30, "LOC"))
        source = "justice" if number % 4 == 0 else "news"
        meta = {
            "source": source,
            "domain": f"{source}.example",
            "url": f"http://{source}.example/{number}",
        }
        yield Document(id=f"d{number:03}", text=text, entities=entities, meta=meta)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "gonerd"
    build_dataset(some_documents(), path)
    return path


@given(tokenized_documents())
def test_a_row_and_back_loses_nothing(document: Document) -> None:
    again = document_from_row(row_from_document(document, window_end=len(document.text)))
    assert (again.id, again.text, again.entities, again.tokens) == (
        document.id, document.text, document.entities, document.tokens,
    )  # fmt: skip


def test_plain_load_dataset_opens_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasets import load_dataset

    monkeypatch.chdir(folder.parent)
    dataset = load_dataset("gonerd")
    assert {split: len(rows) for split, rows in dataset.items()} == {
        "train": 30,
        "validation": 6,
        "test": 4,
    }
    assert dataset["train"].features["ner_tags"].feature.names == list(TAGS)
    row = dataset["train"][0]
    assert row["text"][row["token_starts"][3] : row["token_ends"][3]] == row["tokens"][3]
    streamed = load_dataset("gonerd", split="test", streaming=True)
    assert [row["id"] for row in streamed] == [
        document.id for document in documents_of(folder, "test")
    ]


def test_documents_come_back_as_they_went_in(folder: Path) -> None:
    built = {document.id: document for document in documents_of(folder, "all")}
    assert sorted(built) == [f"d{number:03}" for number in range(40)]
    for document in some_documents():
        assert built[document.id].text == document.text
        assert built[document.id].entities == document.entities
        assert built[document.id].meta["url"] == document.meta["url"]


def test_the_same_documents_in_another_order_build_the_same_dataset(
    folder: Path, tmp_path: Path
) -> None:
    facts, _ = build_dataset(reversed(list(some_documents())), tmp_path / "gonerd")
    assert facts.fingerprint == load(folder).facts.fingerprint
    assert facts.synthetic


def test_the_sums_cover_every_file(folder: Path) -> None:
    import hashlib

    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*sums, "SHA256SUMS"}


@pytest.mark.parametrize(
    ("clustered", "said"),
    [
        (40, "Splits are 80/10/10 by near-duplicate cluster, by the same thresholds"),
        (30, "by near-duplicate cluster (by text alone for 10 of 40 documents, which came without one)"),
        (0, "by text (the same text is in one split; near-duplicates were not looked for), by the same"),
    ],
)  # fmt: skip
def test_the_card_says_what_no_split_parts(
    clustered: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = [
        replace(d, meta=d.meta | ({"cluster": d.id} if number < clustered else {}))
        for number, d in enumerate(some_documents())
    ]
    write_documents(tmp_path / "documents.jsonl", documents)
    assert run(["build", str(tmp_path / "documents.jsonl"), "--out", str(tmp_path / "out")]) == 0
    assert said in (tmp_path / "out/README.md").read_text()
    warned = f"{40 - clustered} of 40 documents have no cluster" in capsys.readouterr().err
    assert warned == (clustered < 40)


def test_misaligned_entities_stop_the_build_or_are_listed(tmp_path: Path) -> None:
    documents = [
        *some_documents(10),
        Document(id="bad", text="Adams met", entities=(Entity(0, 3, "PER"),)),
    ]
    with pytest.raises(
        AlignmentError, match=r"document 'bad': entity PER \[0, 3\) 'Ada' cuts a token"
    ):
        build_dataset(documents, tmp_path / "gonerd")
    assert list(tmp_path.iterdir()) == []
    facts, (change,) = build_dataset(documents, tmp_path / "gonerd", on_misaligned="snap")
    assert facts.misaligned == 1
    assert change.document == "bad"
    (line,) = (tmp_path / "gonerd" / "misaligned.jsonl").read_text().splitlines()
    assert json.loads(line)["result"] == [0, 5]


def test_what_can_not_be_a_dataset_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds an entity"):
        build_dataset([Document(id="a", text="x")], tmp_path / "gonerd")
    with pytest.raises(InputError, match="2 different documents can't fill the 3 splits"):
        build_dataset(list(some_documents(2)), tmp_path / "gonerd")
    strange = Document(id="a", text="xy", entities=(Entity(0, 2, "GPE"),))
    with pytest.raises(SchemaError, match="document 'a': 'B-GPE' is none of O, B-PER"):
        build_dataset([strange], tmp_path / "gonerd")
    twice = [*some_documents(5), *some_documents(1)]
    with pytest.raises(SchemaError, match=f"document {twice[0].id!r} comes twice"):
        build_dataset(twice, tmp_path / "gonerd")
    with pytest.raises(InputError, match=f"document {twice[1].id!r} has no split"):
        build_dataset(twice[:5], tmp_path / "gonerd", fixed_splits={twice[0].id: "train"})
    assert list(tmp_path.iterdir()) == []
    build_dataset(some_documents(), tmp_path / "gonerd")
    with pytest.raises(OutputError, match="exists already"):
        build_dataset(some_documents(), tmp_path / "gonerd")


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        (
            "nowhere",
            "test",
            r"nowhere is no dataset folder; expected one that 'gonerd build' wrote, a Hub id "
            r"NAMESPACE/NAME\[@REVISION\], a corpus file, or 'sample'",
        ),
        ("{folder}", "tset", "has no split 'tset'; expected train, validation, test or all"),
        ("{folder}/data", "test", "holds no gonerd.json"),
        (
            "{folder}/gonerd.json",
            "test",
            "is one file without splits; expected --split all, found 'test'",
        ),
    ],
)
def test_a_dataset_that_is_not_there_is_told(
    folder: Path, name: str, split: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        list(documents_of(name.format(folder=folder), split))


def test_the_embedded_sample_opens_from_anywhere_and_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import load_dataset

    from tests.places import ROOT

    monkeypatch.chdir(tmp_path)
    sample = gonerd.load("sample")
    assert sample.facts.synthetic
    assert set(sample.splits) == set(SPLITS)
    for document in sample.documents("all"):
        tags_from_entities(document.tokens or (), document.entities)
    monkeypatch.chdir(ROOT)
    rows = load_dataset("gonerd")
    assert {split: len(rows[split]) for split in rows} == dict(sample.facts.documents)


@needs(NER_DATA)
def test_the_worldwide_corpus_becomes_a_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import load_dataset

    from gonerd.corpora import read_corpus

    corpus = NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"
    facts, changes = build_dataset(read_corpus(corpus), tmp_path / "worldwide")
    assert (sum(facts.documents.values()), sum(facts.words.values()), changes) == (592, 364_269, [])
    monkeypatch.chdir(tmp_path)
    assert sum(load_dataset("worldwide").num_rows.values()) == 592
    # the exact duplicates that the corpus is known to hold share a split
    homes = {d.id: split for split in SPLITS for d in documents_of(tmp_path / "worldwide", split)}
    for one, other in [("sa_iol_6", "sa_star_13"), ("cn_article_scmp_41", "cn_article_scmp_58")]:
        assert homes[f"worldwide/{one}"] == homes[f"worldwide/{other}"]
