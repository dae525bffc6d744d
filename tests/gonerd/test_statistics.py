import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.align import fit_to_tokens
from gonerd.cli.main import run
from gonerd.dataset import build_dataset
from gonerd.dataset.lengths import quantile
from gonerd.dataset.paper import PAPER
from gonerd.dataset.report import statistics_tables
from gonerd.dataset.statistics import UNITS, Statistics, Unit, statistics_of
from gonerd.dataset.summary import statistics_json
from gonerd.dataset.survey import Survey, survey_dataset
from gonerd.dataset.table import latex_table, text_table
from gonerd.dataset.tables import length_table, tag_table
from gonerd.errors import AlignmentError, SchemaError
from gonerd.labels import TAGS
from gonerd.records import write_documents
from tests.places import NER_DATA, needs
from tests.strategies import tokenized_documents

lengths = st.lists(st.integers(0, 9000), min_size=1, max_size=60)


def document(number: int, *, domain: str = "real.org", source: str = "news") -> Document:
    text = "Anna Berg , 34 , of Oslo met Acme Corp." + " and so on" * number
    return Document(
        id=f"d{number}",
        text=text,
        entities=(
            Entity(0, 9, "PER"),
            Entity(12, 14, "MISC", "AGE"),
            Entity(20, 24, "LOC"),
            Entity(29, 39, "ORG"),
        ),
        meta={"domain": domain, "source": source},
    )


def fitted(*documents: Document) -> list[Document]:
    return [fit_to_tokens(one)[0] for one in documents]


@given(lengths)
def test_length_summaries_are_those_of_pandas(values: list[int]) -> None:
    import pandas as pd

    summary = Statistics(lengths=Counter(values)).length_summary()
    assert summary is not None
    expected = pd.Series(values).describe()
    ours = [summary.mean, summary.min, summary.q25, summary.q50, summary.q75, summary.max]
    keys = ["mean", "min", "25%", "50%", "75%", "max"]
    assert ours == pytest.approx([expected[key] for key in keys])
    if len(values) == 1:
        assert summary.std is None
    else:
        assert summary.std == pytest.approx(expected["std"])
    assert summary.over_512 == pytest.approx(sum(value > 512 for value in values) / len(values))
    assert summary.over_4096 == pytest.approx(sum(value > 4096 for value in values) / len(values))
    assert (summary.count, summary.total) == (len(values), sum(values))


@given(lengths, st.floats(0, 1))
def test_quantiles_are_those_of_numpy(values: list[int], share: float) -> None:
    assert quantile(Counter(values), share) == pytest.approx(np.quantile(values, share))


def letters(words: Sequence[str]) -> list[int]:
    return [len(word) for word in words]


@given(st.lists(tokenized_documents()), st.lists(tokenized_documents()), st.sampled_from(UNITS))
def test_counts_add_up(some: list[Document], more: list[Document], unit: Unit) -> None:
    def counted(documents: list[Document]) -> Statistics:
        return statistics_of(documents, unit=unit, subwords=letters)

    total = counted(some) + counted(more)
    assert total == counted([*some, *more])
    assert statistics_json(total) == statistics_json(counted([*some, *more]))
    assert total.documents == len(some) + len(more)
    for lengths, size in ((total.unit_lengths, 1), (total.subwords, None)):
        summed = sum(length * times for length, times in lengths.items())
        words = [one.text[a:b] for one in [*some, *more] for a, b in one.tokens or ()]
        assert summed == sum(size or len(word) for word in words)
    assert total.mentions.forms.total() == total.entities.total()
    assert total.mentions.lengths.total() == total.positions.blocks.total()
    assert total.positions.tenths.total() == total.positions.blocks.total()
    assert total.positions.tenth_tokens.total() == total.words
    assert total.positions.block_tokens.total() == total.words
    assert total.source_words.total() == total.words
    assert total.words == sum(len(one.tokens or ()) for one in [*some, *more])
    assert total.entities.total() == sum(total.tags[tag] for tag in TAGS if tag[0] == "B")


@given(st.lists(tokenized_documents(), min_size=1))
def test_shares_of_tags_and_domains_sum_to_one(documents: list[Document]) -> None:
    statistics = statistics_of(documents)
    shares = statistics.tag_shares()
    assert [share.tag for share in shares] == list(TAGS)
    if statistics.words:
        assert sum(share.p for share in shares) == pytest.approx(1)
    if statistics.entities:
        assert sum(share.p1 or 0 for share in shares) == pytest.approx(1)
    assert statistics.domain_shares()[-1].cdf == pytest.approx(1)


def test_lengths_of_documents_and_of_sentences_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="lengths of documents and of sentences don't add up"):
        Statistics() + Statistics(unit="sentence")


def test_tags_domains_sources_and_subtypes_are_counted() -> None:
    statistics = statistics_of(
        fitted(document(0), document(1, domain="b.org", source="justice"), document(2))
    )
    shares = {share.tag: (share.count, share.p1) for share in statistics.tag_shares()}
    assert shares["B-PER"] == (3, pytest.approx(3 / 18))
    assert shares["I-ORG"] == (3, pytest.approx(3 / 18))
    assert shares["O"] == (statistics.words - 18, None)
    assert [(s.domain, s.count, s.pdf, s.cdf) for s in statistics.domain_shares()] == [
        ("real.org", 2, pytest.approx(2 / 3), pytest.approx(2 / 3)),
        ("b.org", 1, pytest.approx(1 / 3), pytest.approx(1)),
    ]
    report = statistics_json(statistics)
    assert report["entities"] == {"PER": 3, "ORG": 3, "LOC": 3, "MISC": 3}
    assert report["subtypes"] == {"MISC/AGE": 3, "MISC/ADDRESS": 0, "MISC/PHONE": 0}
    assert report["sources"] == {"justice": 1, "news": 2}
    assert not report["synthetic"]


def test_a_document_without_tokens_or_with_overlaps_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match="document 'd0' has no tokens to count"):
        statistics_of([document(0)])
    (one,) = fitted(document(0))
    crossing = (Entity(0, 4, "PER"), Entity(0, 9, "ORG"))
    broken = Document(id="d9", text=one.text, tokens=one.tokens, entities=crossing)
    with pytest.raises(AlignmentError, match=r"document 'd9': entity \[0, 9\) overlaps another"):
        statistics_of([broken])


def test_the_papers_tables_are_consistent_with_themselves() -> None:
    conll, gonerd = PAPER
    for column in (conll, gonerd):
        assert set(column.tags) == set(TAGS)
        assert sum(column.p1(tag) for tag in TAGS[1:]) == pytest.approx(1, abs=0.003)
        assert sum(float(p) for _, p, _ in column.tags.values()) == pytest.approx(1, abs=0.012)
    running = 0
    for _, count, pdf, cdf in gonerd.domains:
        running += int(count)
        assert float(pdf) == pytest.approx(int(count) / 2237, abs=0.0006)
        assert float(cdf) == pytest.approx(running / 2237, abs=0.003)


def test_tables_line_up_and_carry_the_notice_of_invented_documents() -> None:
    invented = statistics_of(fitted(document(3, domain="a.example"), document(1)))
    real = statistics_of(fitted(document(2)))
    columns = [("newsroom", invented), ("a corpus with quite a long name", real)]
    surveys = [Survey(name, statistics, {}) for name, statistics in columns]
    for table in statistics_tables(surveys, paper=PAPER):
        lines = text_table(table).splitlines()
        body = lines[1 : len(lines) - len(table.notes)]
        numbers = [line for line in body if not line.startswith(("-", " "))]
        assert len({len(line) for line in numbers}) == 1, table.title
        assert all(line == line.rstrip() for line in lines)
    text = text_table(length_table(columns))
    assert "newsroom *" in text
    assert "* Synthetic sample newsroom" in text
    assert "Synthetic" not in text_table(length_table(columns[1:]))


def test_the_papers_columns_stand_beside_ours() -> None:
    table = tag_table([("ours", statistics_of(fitted(document(0))))], paper=PAPER)
    assert [name for name, _ in table.groups] == [
        "CoNLL-2003 (paper)",
        "GONERD (paper)",
        "ours",
    ]
    row = next(row for row in table.rows if row[0] == "B-PER")
    assert row == ("B-PER", "10k", ".033", ".198", "24.4k", ".022", ".200", "1", ".100", ".167")


def test_latex_escapes_what_latex_would_read() -> None:
    statistics = statistics_of(fitted(document(0, domain="a_b&c.org")))
    tables = statistics_tables([Survey("100% my_corpus", statistics, {})])
    text = "\n".join(map(latex_table, tables))
    assert r"100\% my\_corpus" in text
    assert r"a\_b\&c.org" in text
    assert r"$p^1$" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == len(tables)
    for table in tables:
        rows = [line for line in latex_table(table).splitlines() if line.endswith(r"\\")]
        body = rows[1:] if table.groups else rows
        assert {line.replace(r"\&", "").count("&") for line in body} == {len(table.header) - 1}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    documents = [document(number, domain="justice.example") for number in range(30)]
    build_dataset(documents, tmp_path / "tiny", name="tiny", seed=0)
    return tmp_path / "tiny"


def test_a_built_dataset_is_counted_by_split_and_as_a_whole(built: Path) -> None:
    survey = survey_dataset(built)
    assert survey.name == "tiny"
    assert list(survey.splits) == ["train", "validation", "test"]
    assert survey.whole.documents == 30
    assert sum(one.documents for one in survey.splits.values()) == 30
    assert survey.whole == statistics_of(
        fitted(*(document(n, domain="justice.example") for n in range(30)))
    )


def test_a_file_is_counted_whatever_its_labels(tmp_path: Path) -> None:
    odd = Document(id="d", text="On Monday", entities=(Entity(3, 9, "DATE"),))
    write_documents(tmp_path / "odd.jsonl", [odd])
    survey = survey_dataset(tmp_path / "odd.jsonl")
    assert survey.name == "odd"
    assert survey.splits == {}
    assert [share.tag for share in survey.whole.tag_shares()] == [*TAGS, "B-DATE"]
    assert "B-DATE" in text_table(tag_table([("odd", survey.whole)]))


def test_misaligned_entities_are_an_error_or_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = Document(id="d", text="Oslo", entities=(Entity(0, 2, "LOC"),))
    write_documents(tmp_path / "cut.jsonl", [cut])
    path = str(tmp_path / "cut.jsonl")
    assert run(["stats", path]) == 1
    assert "document 'd': entity LOC [0, 2) 'Os' cuts a token" in capsys.readouterr().err
    assert run(["stats", path, "--on-misaligned", "snap", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["datasets"][0]["misaligned"] == 1
    assert "snapped to [0, 4)" in printed.err


def test_stats_prints_tables_json_or_latex(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", str(built)]) == 0
    text = capsys.readouterr().out
    assert "tiny *  train *  validation *  test *" in text
    assert "justice.example" in text
    assert run(["stats", str(built), "--json", "--paper"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["datasets"][0]["splits"]["train"]["documents"] == 25
    assert report["datasets"][0]["notice"].startswith("Synthetic sample newsroom")
    assert report["paper"][1]["lengths"]["mean"] == "507.6"
    assert run(["stats", str(built), "--latex"]) == 0
    assert r"\toprule" in capsys.readouterr().out
    assert run(["stats", str(built), "--latex", "--json"]) == 2
    assert "--json and --latex" in capsys.readouterr().err


def test_a_dataset_that_is_nowhere_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["stats", str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err


@needs(NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz")
def test_a_real_corpus_has_the_counts_that_its_source_states() -> None:
    statistics = survey_dataset(NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz").whole
    assert (statistics.documents, statistics.words) == (592, 364269)
    assert statistics.entities.total() == 25545
