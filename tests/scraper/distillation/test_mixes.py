"""Mixes of text corpora: what readers make of each form; all of the parts come, in a seeded order."""

import json
import lzma
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd.cli.main import run
from gonerd.errors import ConfigError, GonerdError, InputError, SchemaError
from gonerd.files import text_to_write
from gonerd.records import read_documents, write_documents, write_json_lines
from gonerd_scraper.distillation import mixes, text_corpora
from gonerd_scraper.distillation.mixes import MIXES, Mix, PartSize, fractions, parts_of, read_mix
from gonerd_scraper.distillation.oscar_corpus import build_oscar
from gonerd_scraper.distillation.text_corpora import (
    read_bookcorpus,
    read_cc_news,
    read_oscar,
    read_wikipedia,
)
from gonerd_scraper.running.inputs import input_files
from tests.places import SHARED_DATA, needs
from tests.scraper.distillation.oscar_files import record, varied, write

RELEASES = SHARED_DATA / "mlm" / "senate_press_releases.jsonl.xz"

BOOKS = "It was a dark night .\nThe end .\n\n\nA second book .\nIt goes on .\n"
PAGE = {
    "id": "12",
    "url": "https://en.wikipedia.org/wiki?curid=12",
    "title": "Anarchism",
    "text": "Anarchism\n\nis.",
}
EXTRACTED = """\
<doc id="12" url="https://en.wikipedia.org/wiki?curid=12" title="Anarchism &amp; more">
Anarchism

is a &lt;philosophy&gt;.
</doc>
<doc id="13" url="x" title="Empty">
</doc>
"""
NEWS = {"title": "A vote", "text": "The council voted.", "domain": "x.example", "date": "2017-01-02 00:00:00",
        "description": "", "url": "http://x.example/a", "image_url": None}  # fmt: skip


def put(path: Path, text: str) -> Path:
    with text_to_write(path) as out:
        out.write(text)
    return path


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_bookcorpus_is_sentences_or_books(tmp_path: Path) -> None:
    files = [put(tmp_path / "a.txt", BOOKS), put(tmp_path / "deep" / "b.txt.gz", "One .")]
    sentences = list(read_bookcorpus(files))
    assert [document.text for document in sentences] == [
        "It was a dark night .", "The end .", "A second book .", "It goes on .", "One .",
    ]  # fmt: skip
    assert [document.id for document in sentences][::2] == [
        "bc:a.txt:1",
        "bc:a.txt:5",
        "bc:deep/b.txt.gz:1",
    ]
    books = list(read_bookcorpus(files, unit="book"))
    assert [document.text.count("\n") for document in books] == [1, 1, 0]
    assert [document.id for document in books] == ["bc:a.txt:1", "bc:a.txt:5", "bc:deep/b.txt.gz:1"]
    assert books[0].meta == {"source": "bookcorpus"}


@pytest.mark.parametrize("name", ["rows.jsonl.zst", "rows.parquet"])
def test_bookcorpus_is_rows_as_they_are(name: str, tmp_path: Path) -> None:
    rows = [{"text": "usually , he would be ."}, {"text": " "}, {"text": "but just one look ."}]
    path = tmp_path / name
    if name.endswith("parquet"):
        parquet(path, rows)
    else:
        write_json_lines(path, rows)
    assert [document.text for document in read_bookcorpus([path])] == [
        rows[0]["text"],
        rows[2]["text"],
    ]
    with pytest.raises(InputError, match=r"rows do not say where a book ends"):
        list(read_bookcorpus([path], unit="book"))


def test_a_row_of_wikipedia_without_a_name_is_named_by_its_text(tmp_path: Path) -> None:
    rows = [
        {"id": 0, "title": "Zero", "text": "a"},
        {"id": "", "title": "Named", "text": "b"},
        {"id": "", "title": "", "text": "c"},
        {"id": None, "text": "d"},
    ]
    write_json_lines(tmp_path / "wiki.jsonl", rows)
    names = [document.id for document in read_wikipedia([tmp_path / "wiki.jsonl"])]
    assert names[:2] == ["wiki:0", "wiki:Named"]
    assert len(set(names)) == 4
    assert "wiki:" not in names


def test_a_book_without_an_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a.txt", "Short .\n\n" + "A line .\n" * 100)
    monkeypatch.setattr(text_corpora, "MAX_BOOK", 300)
    with pytest.raises(InputError, match=r"a\.txt:3: no end of this book in 300 characters"):
        list(read_bookcorpus([path], unit="book"))


def test_wikipedia_is_read_in_each_of_its_forms(tmp_path: Path) -> None:
    lines = tmp_path / "wiki.jsonl"
    write_json_lines(lines, [PAGE])
    columns = parquet(tmp_path / "train-00000-of-00001.parquet", [PAGE])
    for path in (lines, columns):
        (document,) = read_wikipedia([path])
        assert (document.id, document.text) == ("wiki:12", PAGE["text"])
        assert document.meta["title"] == "Anarchism"
    folder = tmp_path / "extracted"
    put(folder / "AA" / "wiki_00", EXTRACTED)
    (document,) = read_wikipedia(input_files([folder], (".jsonl",), beginnings=("wiki_",)))
    assert (document.id, document.text) == ("wiki:12", "Anarchism\n\nis a <philosophy>.")
    assert document.meta["title"] == "Anarchism & more"
    for text, problem in (
        ("loose\n", r"wiki_01:1: expected <doc"),
        (EXTRACTED[:100], "wiki_01:1: the element <doc> has no end"),
    ):
        (folder / "AA" / "wiki_01").write_text(text)
        with pytest.raises(SchemaError, match=problem):
            list(read_wikipedia([folder / "AA" / "wiki_01"]))


def test_cc_news_is_rows_or_documents_of_ours(tmp_path: Path) -> None:
    write_json_lines(tmp_path / "cc.jsonl", [NEWS, NEWS | {"text": ""}])
    (document,) = read_cc_news([tmp_path / "cc.jsonl"])
    assert document.meta["domain"] == "x.example"
    assert document.meta["date"].startswith("2017")
    assert document.id.startswith("ccnews:")
    own = Document(id="a7", text="Ours.", meta={"source": "news"})
    write_documents(tmp_path / "documents.jsonl", [own])
    assert list(read_cc_news([tmp_path / "documents.jsonl"])) == [own]
    write_json_lines(tmp_path / "odd.jsonl", [{"body": "x"}])
    with pytest.raises(
        SchemaError, match=r"odd\.jsonl:1: expected a field 'text' with a string, found body"
    ):
        list(read_cc_news([tmp_path / "odd.jsonl"]))


def test_oscar_is_records_that_the_rules_keep_or_what_was_drawn(tmp_path: Path) -> None:
    path = write(tmp_path / "en.jsonl.zst", varied(40))
    report = build_oscar([str(path)], tmp_path / "drawn")
    whole = sorted(document.id for document in read_oscar([path]))
    assert len(whole) == report["documents"]
    assert whole == sorted(d.id for d in read_oscar(input_files([tmp_path / "drawn"], (".jsonl",))))
    write(tmp_path / "odd.jsonl", [{"text": "x"}])
    with pytest.raises(SchemaError, match=r"odd\.jsonl:1: neither 'metadata' nor 'meta'"):
        list(read_oscar([tmp_path / "odd.jsonl"]))


def test_mixes_go_by_the_names_of_table_8() -> None:
    assert [parts_of(name) for name in MIXES[:3]] == [
        ("OSCAR", "BC"),
        ("OSCAR", "WIKI"),
        ("BC", "WIKI"),
    ]
    assert parts_of("bc + enw") == ("BC", "WIKI")
    with pytest.raises(
        ConfigError, match=r"mix 'OSCAR\+C4': C4 is no part; expected one of OSCAR\+BC"
    ):
        parts_of("OSCAR+C4")
    with pytest.raises(ConfigError, match="names a part twice"):
        parts_of("BC+BOOKCORPUS")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sequence[Path]]:
    """200 documents of OSCAR in two files, 600 sentences in three, 100 pages."""
    folder = tmp_path_factory.mktemp("corpora")
    for number in range(2):
        write(
            folder / "oscar" / f"{number}.jsonl",
            [record(n) for n in range(number * 100, number * 100 + 100)],
        )
    for number in range(3):
        put(
            folder / "books" / f"{number}.txt",
            "".join(f"Sentence {number} {n} .\n" for n in range(200)),
        )
    write_json_lines(
        folder / "wiki.jsonl",
        [PAGE | {"id": str(n), "text": f"Page {n}. " * 40} for n in range(100)],
    )
    return {"OSCAR": [folder / "oscar"], "BC": [folder / "books"], "WIKI": [folder / "wiki.jsonl"]}


def only(corpora: dict[str, Sequence[Path]], name: str) -> dict[str, Sequence[Path]]:
    return {part: corpora[part] for part in parts_of(name)}


@pytest.mark.parametrize(
    "name", ["OSCAR+BC", "OSCAR+WIKI", "BC+WIKI", "OSCAR", "BC", "WIKI+BC+OSCAR"]
)
def test_a_mix_is_every_document_once_well_mixed(
    name: str, corpora: dict[str, Sequence[Path]]
) -> None:
    sizes = {"OSCAR": 200, "BC": 600, "WIKI": 100}
    mixed = list(read_mix(name, only(corpora, name), 0))
    ids = [document.id for document in mixed]
    assert len(ids) == len(set(ids)) == sum(sizes[part] for part in parts_of(name))
    half = Counter(str(document.meta["source"]) for document in mixed[: len(mixed) // 2])
    for source, part in (("oscar", "OSCAR"), ("bookcorpus", "BC"), ("wikipedia", "WIKI")):
        if part in parts_of(name):
            assert 0.35 * sizes[part] < half[source] < 0.65 * sizes[part]
    assert ids != sorted(ids)
    assert [document.id for document in read_mix(name, only(corpora, name), 0)] == ids
    other = [document.id for document in read_mix(name, only(corpora, name), 1)]
    assert other != ids
    assert sorted(other) == sorted(ids)


def test_shares_are_of_characters_and_as_much_comes_as_holds_them(
    corpora: dict[str, Sequence[Path]],
) -> None:
    shares = {"OSCAR": 0.6, "WIKI": 0.4}
    mixed = list(read_mix("OSCAR+WIKI", only(corpora, "OSCAR+WIKI"), 0, shares=shares))
    characters = Counter[str]()
    for document in mixed:
        characters[str(document.meta["source"])] += len(document.text)
    assert characters["oscar"] / characters.total() == pytest.approx(0.6, abs=0.05)
    sizes = Mix(name="OSCAR+WIKI", paths=only(corpora, "OSCAR+WIKI")).measure()
    kept = fractions(sizes, shares=shares)
    assert max(kept.values()) == 1.0  # one part is used up
    half = list(
        read_mix("OSCAR", {"OSCAR": corpora["OSCAR"]}, 0, characters=sizes["OSCAR"].characters // 2)
    )
    assert 70 < len(half) < 130
    assert {d.id for d in half} < {d.id for d in read_mix("OSCAR", {"OSCAR": corpora["OSCAR"]}, 0)}


def test_a_part_of_a_sample_is_not_its_beginning(tmp_path: Path) -> None:
    """`gonerd oscar` draws by lot; by the same lots, half of a sample would be its first half."""
    path = write(tmp_path / "en.jsonl", [record(n) for n in range(2000)])
    build_oscar([str(path)], tmp_path / "drawn", n=400, seed=0)
    drawn = [document.id for document in read_documents(tmp_path / "drawn" / "documents.jsonl.zst")]
    size = Mix(name="OSCAR", paths={"OSCAR": [tmp_path / "drawn"]}).measure()["OSCAR"]
    half = [
        d.id
        for d in read_mix(
            "OSCAR", {"OSCAR": [tmp_path / "drawn"]}, 0, characters=size.characters // 2
        )
    ]
    assert 150 < len(half) < 250
    assert 60 < len(set(half) & set(drawn[:200])) < 140


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.01, 0.99), st.integers(1, 10**6))
def test_fractions_hold_the_shares(one: int, other: int, share: float, characters: int) -> None:
    sizes = {"OSCAR": PartSize(1, one), "BC": PartSize(1, other)}
    kept = fractions(sizes, shares={"OSCAR": share, "BC": 1 - share}, characters=characters)
    taken = {part: kept[part] * size.characters for part, size in sizes.items()}
    assert taken["OSCAR"] / sum(taken.values()) == pytest.approx(share)
    assert sum(taken.values()) <= characters * (1 + 1e-9)
    assert max(*kept.values()) == pytest.approx(1) or sum(taken.values()) == pytest.approx(
        characters
    )


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(0, 20_000), st.integers(0, 5))
def test_shuffling_over_a_window_loses_nothing(lengths: list[int], window: int, seed: int) -> None:
    documents = [Document(id=str(n), text="x" * length) for n, length in enumerate(lengths)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixes, "HELD_CHARACTERS", window)
        shuffled = list(mixes._shuffled(iter(documents), Random(seed)))
    assert sorted(d.id for d in shuffled) == sorted(d.id for d in documents)


def test_what_makes_no_sense_is_told(corpora: dict[str, Sequence[Path]]) -> None:
    def problem(name: str, paths: dict[str, Sequence[Path]], **options: Any) -> str:
        with pytest.raises(GonerdError) as error:
            list(read_mix(name, paths, 0, **options))
        return str(error.value)

    assert problem("OSCAR+BC", {"BC": corpora["BC"]}) == (
        "mix OSCAR+BC: no file or folder is given for its part OSCAR"
    )
    assert problem("BC", corpora) == "mix BC has no part OSCAR, for which files are given"
    both = only(corpora, "OSCAR+BC")
    assert problem("OSCAR+BC", both, shares={"BC": 1.0}) == (
        "shares BC=1: expected a positive share for OSCAR, BC"
    )
    assert "expected a positive share" in problem(
        "OSCAR+BC", both, shares={"BC": 1.0, "OSCAR": 0.0}
    )
    for share in (float("nan"), float("inf")):
        assert "expected a positive share" in problem(
            "OSCAR+BC", both, shares={"BC": 1.0, "OSCAR": share}
        )
    assert "holds no file that ends in .jsonl" in problem("OSCAR", {"OSCAR": corpora["BC"]})


def test_the_command_writes_the_mix_and_its_report(
    corpora: dict[str, Sequence[Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "mix",
        "OSCAR+BC",
        "--oscar",
        str(corpora["OSCAR"][0]),
        "--bookcorpus",
        str(corpora["BC"][0]),
    ]
    assert run([*words, "--out", str(tmp_path / "a"), "--plain", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    documents = list(read_documents(tmp_path / "a" / "documents.jsonl"))
    assert [d.id for d in documents] == [
        d.id for d in read_mix("OSCAR+BC", only(corpora, "OSCAR+BC"), 0)
    ]
    assert report == json.loads((tmp_path / "a" / "report.json").read_text())
    assert report["documents"] == len(documents) == 800
    assert report["parts"]["BC"]["documents"] == report["parts"]["BC"]["available_documents"] == 600
    assert report["characters"] == sum(len(document.text) for document in documents)
    assert run([*words, "--shares", "oscar=0.5,bc=0.5", "--out", str(tmp_path / "b")]) == 0
    assert "(600 of 600)" in capsys.readouterr().out  # BC is the smaller half, so all of it
    assert run([*words, "--shares", "half", "--out", str(tmp_path / "c")]) == 2
    assert run([*words, "--shares", "bc=0.1,bc=0.5", "--out", str(tmp_path / "c")]) == 2
    assert "expected PART=SHARE" in capsys.readouterr().err
    assert run([*words, "--out", str(tmp_path / "a")]) == 1
    assert run(["mix", "OSCAR+C4", "--out", str(tmp_path / "d")]) == 2
    capsys.readouterr()
    assert run([*words, "--out", str(tmp_path / "e"), "--characters", "1"]) == 1
    assert "1 characters are too few for a document" in capsys.readouterr().err
    assert not (tmp_path / "e").exists()


def test_what_was_asked_to_be_taken_down_is_in_no_mix(
    corpora: dict[str, Sequence[Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = next(read_mix("WIKI", only(corpora, "WIKI"), 0))
    news = tmp_path / "news.jsonl"
    write_json_lines(
        news,
        [{"text": f"News {n}. " * 9, "url": f"http://{n}.example/a", "title": "x"} for n in "123"],
    )
    (tmp_path / "list.txt").write_text(f"id:{chosen.id}\ndomain:2.example\n")
    words = ["mix", "WIKI+CCNEWS", "--wikipedia", str(corpora["WIKI"][0]), "--cc-news", str(news)]
    words += ["--takedown", str(tmp_path / "list.txt"), "--plain", "--json"]
    assert run([*words, "--out", str(tmp_path / "mix")]) == 0
    report = json.loads(capsys.readouterr().out)
    documents = list(read_documents(tmp_path / "mix" / "documents.jsonl"))
    assert len(documents) == report["documents"] == 101
    assert chosen.id not in {document.id for document in documents}
    assert "http://2.example/a" not in {document.meta["url"] for document in documents}
    assert [part["taken_down"] for part in report["parts"].values()] == [1, 1]


@needs(RELEASES)
def test_real_texts_come_through_a_mix_unchanged(tmp_path: Path) -> None:
    with lzma.open(RELEASES, "rt", encoding="utf-8") as lines:
        releases = [json.loads(line) for line in islice(lines, 400)]
    pages = [
        {"id": entry["id"], "url": "x", "title": "t", "text": entry["text"]}
        for entry in releases[:200]
    ]
    parquet(tmp_path / "wiki.parquet", pages)
    put(tmp_path / "books.txt", "\n\n".join(entry["text"] for entry in releases[200:]))
    paths = {"WIKI": [tmp_path / "wiki.parquet"], "BC": [tmp_path / "books.txt"]}
    mixed = {document.id: document for document in read_mix("BC+WIKI", paths, 7, book_unit="book")}
    assert all(mixed[f"wiki:{page['id']}"].text == page["text"] for page in pages)
    books = sum(document.meta["source"] == "bookcorpus" for document in mixed.values())
    assert books >= 200
