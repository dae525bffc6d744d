import json
import time
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.dataset.lengths import length_summary
from gonerd.dataset.report import statistics_tables
from gonerd.dataset.statistics import statistics_of
from gonerd.dataset.survey import datasets_in, survey_dataset
from gonerd.dataset.table import latex_table, text_table
from gonerd.labels import TAGS
from gonerd.records import read_json_lines, write_documents
from tests.places import NER_DATA, needs

CONLL = """\
-DOCSTART- a O

Ada B-PER
met O
Bo B-PER

In O
Oslo B-LOC

-DOCSTART- b O

Oslo B-ORG
Ada B-PER
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run(["stats", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def report(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict:
    return json.loads(printed(capsys, *arguments, "--json"))


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    (folder / "v1.2.conll").write_text(CONLL)
    text = "Oslo is old. Bo says so. Ada"
    entities = (Entity(0, 4, "LOC"), Entity(13, 15, "PER"), Entity(25, 28, "ORG"))
    write_documents(folder / "ours.jsonl.gz", [Document(id="c", text=text, entities=entities)])
    (folder / "SOURCE.md").write_text("no corpus")
    return folder


def test_a_folder_of_corpora_is_one_table_with_their_sum(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [Path(path).name for path in datasets_in(str(corpora))] == [
        "ours.jsonl.gz",
        "v1.2.conll",
    ]
    lines = printed(capsys, corpora).splitlines()
    assert lines[:2] == [
        "Datasets",
        "dataset  documents  words  entities  per 100 words  PER  ORG  LOC  MISC",
    ]
    assert [line.split() for line in lines[3:7] if line[0] != "-"] == [
        ["ours", "1", "9", "3", "33.3", "1", "1", "1", "0"],
        ["v1.2", "2", "7", "5", "71.4", "3", "1", "1", "0"],
        ["all", "3", "16", "8", "50.0", "4", "2", "2", "0"],
    ]
    whole = report(capsys, corpora)
    assert [dataset["name"] for dataset in whole["datasets"]] == ["ours", "v1.2"]
    assert whole["all"]["entities"] == {"PER": 4, "ORG": 2, "LOC": 2, "MISC": 0}
    assert whole["tokenizer"] is None
    curves = whole["length_density"]
    assert list(curves["curves"]) == ["ours", "v1.2"]
    assert len(curves["at"]) == len(curves["curves"]["ours"]) == 100


def test_lengths_of_sentences_are_the_corpus_own_or_by_rule(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = report(capsys, corpora, "--unit", "sentence")
    ours, conll = both["datasets"]
    assert (ours["sentences"], ours["lengths"]["max"], ours["lengths"]["min"]) == (3, 4, 1)
    assert (conll["sentences"], conll["lengths"]["max"], conll["lengths"]["mean"]) == (3, 3, 7 / 3)
    mixed = [corpora, "--unit", "document", "--unit", "sentence"]
    one = report(capsys, *mixed)
    assert [dataset["unit"] for dataset in one["datasets"]] == ["document", "sentence"]
    assert one["datasets"][0]["sentences"] is None
    assert "all" not in one
    text = printed(capsys, *mixed)
    assert "Lengths of documents or of sentences in words" in text
    assert "\nall  " not in text.partition("Lengths")[0]


def test_a_folder_without_corpora_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.md").write_text("no corpus")
    assert run(["stats", str(tmp_path)]) == 1
    assert "holds no gonerd.json and no corpus files; expected" in capsys.readouterr().err


def test_as_many_units_as_datasets_are_wanted(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = ["--unit", "document"] * 3
    assert run(["stats", str(corpora), *units]) == 2
    message = "--unit was given 3 times, expected once for all datasets or once for each: 2 here"
    assert message in capsys.readouterr().err


def test_mentions_are_seen_in_a_named_dataset(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = corpora / "v1.2.conll"
    ours = report(capsys, corpora / "ours.jsonl.gz", "--seen-in", known)["datasets"][0]["seen"]
    assert ours["in"] == "v1.2"
    assert (ours["mentions"], ours["same_label"], ours["other_label"]) == (3, 2, 1)
    assert ours["by_label"]["ORG"]["seen_share"] == 0
    assert ours["by_label"]["MISC"]["seen_share"] is None
    both = report(capsys, corpora, "--seen-in", known)["datasets"]
    assert both[1]["seen"]["seen_share"] == 1
    text = printed(capsys, corpora, "--seen-in", known)
    assert "Mentions seen in v1.2" in text


def test_splits_are_compared_with_train(capsys: pytest.CaptureFixture[str]) -> None:
    (sample,) = report(capsys, "sample")["datasets"]
    assert "seen" not in sample["splits"]["train"]
    seen = sample["splits"]["test"]["seen"]
    assert seen["in"].endswith("/train")
    assert seen["mentions"] == sum(sample["splits"]["test"]["entities"].values())
    assert seen["same_label"] + seen["other_label"] + seen["unseen"] == seen["mentions"]
    assert 0.1 < seen["seen_share"] < 0.9
    text = printed(capsys, "sample")
    header = text.partition("Mentions seen in")[2].splitlines()[1]
    assert header.split() == ["validation", "*", "test", "*"]


def test_datasets_of_one_name_go_by_their_paths(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "v1.2.conll"
    other.write_text(CONLL)
    names = [d["name"] for d in report(capsys, corpora / "v1.2.conll", other)["datasets"]]
    assert names == [str(corpora / "v1.2.conll"), str(other)]


def test_other_forms_and_schemes_are_read_where_they_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.columns").write_text("Ada I-PER\nBo B-PER\n")
    assert run(["stats", str(tmp_path / "odd.columns")]) == 1
    assert "the format can't be told" in capsys.readouterr().err
    found = report(capsys, tmp_path / "odd.columns", "--format", "conll", "--scheme", "iob1")
    assert found["datasets"][0]["entities"]["PER"] == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.conll", None, "nowhere.conll"),
        ("empty.jsonl", b"", "empty.jsonl holds no documents"),
        (
            "cut.jsonl.gz",
            b"\x1f\x8b\x08",
            "cut.jsonl.gz:1: the compressed data is broken or cut off",
        ),
        ("kind.png", b"\x89PNG", "kind.png: the format can't be told from '.png'"),
        ("latin.jsonl", b'{"id": "\xe9"}\n', "latin.jsonl:1: byte 0xe9 at column 9 is not UTF-8"),
    ],
)
def test_what_can_not_be_counted_is_told_and_draws_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    figures = tmp_path / "figures"
    assert run(["stats", str(tmp_path / name), "--figures", str(figures)]) == 1
    printed = capsys.readouterr()
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert not printed.out
    assert not figures.exists()


def test_a_folder_that_holds_other_things_takes_no_figures(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["stats", "sample", "--figures", str(corpora), "--force"]) == 1
    assert "holds 'SOURCE.md', which is no figure" in capsys.readouterr().err


def test_many_datasets_have_rows_and_few_have_columns(corpora: Path) -> None:
    survey = survey_dataset(corpora / "v1.2.conll")
    few, many = statistics_tables([survey] * 3), statistics_tables([survey] * 7)
    assert len({table.title for table in few}) == len(few)
    lengths = next(table for table in many if table.title.startswith("Lengths of documents"))
    assert lengths.header[:3] == ("dataset", "documents", "mean")
    assert [row[:3] for row in lengths.rows] == [("v1.2", "2", "3.5")] * 7
    shares = next(table for table in many if table.title == "Tags: p1")
    assert shares.header == ("dataset", *TAGS, "total")
    assert shares.rows[0][2] == ".600"
    for table in many:
        assert max(map(len, text_table(table).splitlines())) <= 140, table.title
        assert latex_table(table).count(r"\\") == 1 + len(table.rows) + bool(table.total)


@needs(NER_DATA)
def test_eleven_real_corpora_are_counted_where_they_lie_in_one_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    begin = time.monotonic()
    found = report(capsys, NER_DATA, "--unit", "document")
    seconds = time.monotonic() - begin
    assert seconds < 20, "three seconds on two cores"
    assert len(found["datasets"]) == 11
    by_name = {dataset["name"]: dataset for dataset in found["datasets"]}
    sources = sum(len(list(read_json_lines(path))) for path in NER_DATA.glob("re3d*.gz"))
    assert by_name["re3d"]["documents"] == sources == 70
    assert (by_name["gum_derived"]["documents"], by_name["gum_derived"]["words"]) == (122, 116998)
    assert by_name["gum_derived"]["entities"] == {
        "PER": 1907, "ORG": 1025, "LOC": 1792, "MISC": 1101,
    }  # fmt: skip
    news = by_name["worldwide_newswire_africa_asia"]
    assert (news["documents"], news["words"]) == (592, 364269)
    for key in ("documents", "words"):
        assert found["all"][key] == sum(dataset[key] for dataset in found["datasets"])
    for dataset in (*found["datasets"], found["all"]):
        assert sum(tenth["entities"] for tenth in dataset["positions"]["tenths"]) == sum(
            dataset["entities"].values()
        )
        assert dataset["ambiguity"]["mentions"] == dataset["entity_lengths"]["all"]["count"]
    text = printed(capsys, NER_DATA)
    assert max(map(len, text.splitlines())) <= 140
    assert len(text.split("\n\n")[0].splitlines()) == 3 + 11 + 2


@needs(NER_DATA)
def test_real_sentences_are_those_that_the_corpora_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ["re3d", "tab_echr", "wikigold", "gum_derived"]
    paths = [NER_DATA / f"{name}.jsonl.gz" for name in names]
    found = report(capsys, *paths, "--unit", "sentence")["datasets"]
    for path, dataset in zip(paths, found, strict=True):
        records = [record for _, record in read_json_lines(path)]
        assert dataset["sentences"] == sum(len(record["sent_starts"]) for record in records)
        assert dataset["lengths"]["total"] == sum(len(record["tokens"]) for record in records)


def test_a_document_without_tokens_has_a_length_and_no_sentence() -> None:
    empty = Document(id="e", text=" ", tokens=())
    by_document = statistics_of([empty])
    assert (by_document.documents, by_document.words) == (1, 0)
    by_sentence = statistics_of([empty], unit="sentence")
    assert by_sentence.length_summary() is None
    assert length_summary({}) is None
