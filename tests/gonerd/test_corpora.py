import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given

from gonerd import Document
from gonerd.cli.main import run
from gonerd.corpora import document_from_tokens, read_conll, read_corpus, write_conll
from gonerd.errors import AlignmentError, InputError, SchemaError
from gonerd.labels import LABELS
from gonerd.schemes import SCHEMES, Scheme, iob2_from_scheme, scheme_from_iob2
from tests.gonerd.annotated import annotated_documents, built
from tests.places import NER_DATA, needs
from tests.strategies import iob2_tags

CONLL_2003 = """-DOCSTART- -X- -X- O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
call NN I-NP O

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
Anna NNP I-NP B-PER

-DOCSTART- -X- -X- O

BRUSSELS NNP I-NP I-LOC
"""


@given(iob2_tags())
def test_every_scheme_has_an_exact_inverse(tags: list[str]) -> None:
    for scheme in SCHEMES:
        assert iob2_from_scheme(scheme_from_iob2(tags, scheme), scheme) == tags


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("iob2", ["I-PER"]),
        ("iob1", ["B-PER"]),
        ("bioes", ["B-PER", "O"]),
        ("bioes", ["B-PER"]),
        ("bioes", ["B-PER", "E-ORG"]),
        ("bioes", ["E-PER"]),
    ],
)
def test_a_tag_that_is_not_of_the_scheme_is_refused(scheme: Scheme, tags: list[str]) -> None:
    with pytest.raises(AlignmentError, match=r"is not|leaves an entity open"):
        iob2_from_scheme(tags, scheme)


def test_bilou_is_read_as_bioes() -> None:
    assert iob2_from_scheme(["U-PER", "B-ORG", "L-ORG"], "bioes") == ["B-PER", "B-ORG", "I-ORG"]


def test_conll_2003_as_it_is_distributed(tmp_path: Path) -> None:
    path = tmp_path / "eng.testa.txt"
    path.write_text(CONLL_2003)
    first, second = read_corpus(path, scheme="iob1")
    assert first.text == "EU rejects German call\nPeter Blackburn Anna"
    assert [(e.label, first.mention(e)) for e in first.entities] == [
        ("ORG", "EU"), ("MISC", "German"), ("PER", "Peter Blackburn"), ("PER", "Anna"),
    ]  # fmt: skip
    assert (first.id, second.id, second.text) == ("eng.testa.txt-1", "eng.testa.txt-2", "BRUSSELS")


@given(iob2_tags())
def test_conll_files_round_trip(tmp_path_factory: pytest.TempPathFactory, tags: list[str]) -> None:
    if not tags:
        return
    starts = range(3, len(tags), 4)
    tokens = [f"w{number}\u00a0x" for number in range(len(tags))]
    meta = {"source": "news"}
    document = document_from_tokens(tokens, tags, name="a b", sentence_starts=starts, meta=meta)
    path = tmp_path_factory.mktemp("conll") / "x.conll.gz"
    for scheme in SCHEMES:
        write_conll(path, [document, document], scheme=scheme, overwrite=True)
        assert list(read_conll(path, scheme=scheme)) == [document, document]


def test_a_file_without_docstart_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.bio").write_text("Ada\tB-PER\r\n\r\n\r\nmet\tO\r\n")
    (document,) = read_corpus(tmp_path / "a.bio")
    assert document.text == "Ada\nmet"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada\n", r"a.conll:1: found one column 'Ada', expected a token and a tag"),
        (
            "-DOCSTART- d9 O\n\nAda I-PER\n",
            r"a.conll:1: document 'd9': tag 'I-PER' at token 0 is not IOB2",
        ),
        ("", r"a.conll holds no documents"),
    ],
)
def test_a_bad_conll_file_is_told_where(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.conll").write_text(content)
    with pytest.raises((AlignmentError, InputError, SchemaError), match=message):
        list(read_corpus(tmp_path / "a.conll"))


def test_a_token_with_a_tab_is_not_written_to_a_column(tmp_path: Path) -> None:
    document = Document(id="a", text="x\ty", tokens=((0, 3),))
    with pytest.raises(SchemaError, match=r"document 'a': 'x\\ty' can't stand in a CoNLL column"):
        write_conll(tmp_path / "a.conll", [document])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"id": "a", "tokens": ["x"], "ner_tags": []}, r"1 tokens but 0 tags"),
        (
            {"id": "a", "tokens": ["x", 3], "ner_tags": ["O", "O"]},
            "'tokens' is not a list of strings",
        ),
        ({"id": "a", "tokens": [""], "ner_tags": ["O"]}, "token 0 is empty"),
        ({"id": "a", "tokens": ["x"], "ner_tags": ["B-per"]}, "label 'per' of 'x' is unknown"),
        (
            {"id": "a", "tokens": ["x"], "ner_tags": ["O"], "text": "y", "token_offsets": [[0, 1]]},
            "are not the text",
        ),
    ],
)
def test_a_bad_tagged_record_is_told_where(tmp_path: Path, record: object, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n")
    with pytest.raises((AlignmentError, SchemaError), match=rf"a.jsonl.*document 'a': .*{message}"):
        list(read_corpus(path, labels=LABELS))


def test_an_id_may_come_once(tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "text": "x"}) + "\n"
    (tmp_path / "a.jsonl").write_text(line * 2)
    with pytest.raises(SchemaError, match="document 'a' comes twice"):
        list(read_corpus(tmp_path / "a.jsonl"))


@pytest.mark.parametrize("name", ["nowhere", "nowhere.xml", "nowhere.jsonl", "nowhere.conll.gz"])
def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} does not exist$"):
        list(read_corpus(tmp_path / name))


def test_a_built_dataset_is_no_corpus_and_the_way_to_one_is_told(tmp_path: Path) -> None:
    built(tmp_path / "built")
    with pytest.raises(InputError, match=r"'gonerd export' makes a file of a built dataset"):
        list(read_corpus(tmp_path / "built"))
    words = ["export", str(tmp_path / "built"), "--to", "documents"]
    assert run([*words, "--out", str(tmp_path / "file.jsonl")]) == 0
    assert {d.id for d in read_corpus(tmp_path / "file.jsonl")} == {
        d.id for d in annotated_documents()
    }


def test_a_format_that_can_not_be_told_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<x/>")
    with pytest.raises(
        InputError, match=r"a.xml: the format can't be told from '.xml'; name it with --format"
    ):
        list(read_corpus(tmp_path / "a.xml"))


@needs(NER_DATA)
@pytest.mark.parametrize(
    ("name", "documents", "entities"),
    [("worldwide_newswire_africa_asia", 592, 25_545), ("re3d", 70, 2_176), ("tab_echr", 78, 1_846)],
)
def test_real_corpora_are_read_whole(name: str, documents: int, entities: int) -> None:
    path = NER_DATA / f"{name}.jsonl.gz"
    found = list(read_corpus(path, labels=LABELS))
    assert (len(found), sum(len(d.entities) for d in found)) == (documents, entities)
    with gzip.open(path, "rt") as lines:
        first = json.loads(next(lines))
    assert [found[0].text[start:end] for start, end in found[0].tokens or ()] == first["tokens"]
