"""The card: every claim comes from the data, and none stands where its fact is missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gonerd import Document
from gonerd.cli.main import run
from gonerd.dataset import DatasetFacts, build_dataset
from gonerd.dataset.card import SYNTHETIC_NOTICE, card_text
from gonerd.newsroom.web import Newsroom
from gonerd.records import write_documents
from tests.gonerd.annotated import annotated_documents, built

RECORDED = {
    "fetched_at": "2024-05-01T10:00:00Z",
    "extractor": {"name": "gonerd", "version": "3"},
    "licence": "CC-BY-4.0",
    "language": "en",
    "robots": {"robots_txt": "allowed"},
    "annotation": {"annotator": "carla@herald.test", "lead_time": 60.0},
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> DatasetFacts:
    """Of documents that say nothing of themselves."""
    documents = [replace(document, meta={}) for document in annotated_documents(12)]
    return build_dataset(documents, tmp_path_factory.mktemp("bare") / "gonerd")[0]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> DatasetFacts:
    return built(tmp_path_factory.mktemp("full") / "gonerd", more=RECORDED)


@pytest.mark.parametrize(
    ("with_the_fact", "without_it"),
    [
        ("Pages were fetched on 2024-05-01.", "When the pages were fetched is not recorded."),
        ("Texts were taken from their pages by gonerd 3 (30).", ""),
        ("What robots.txt, headers and ai.txt said of a page was recorded with it.", ""),
        ("Annotated through Label Studio by one annotator.", "Who annotated these documents is not"),
        ("Pages that state a licence: 30 of 30 (CC-BY-4.0 (30)).", "No licence that a page states"),
        ("Languages: en (30).", "The language of the documents is not recorded"),
        ("Dated from 2020-01-01 to 2020-01-28.", ""),
        ("Sites: 1; herald.test (30).", ""),
        ("One site of 1, herald.test, has 100.0% of the documents.", ""),
        ("33.3% are press releases of a justice department, with its legal jargon.", ""),
        ("66.7% are news-like in wording and in whom it names.", ""),
        ("Near-duplicates were looked for", "near-duplicates were not looked for"),
    ],
)  # fmt: skip
def test_a_claim_stands_with_its_fact_and_only_with_it(
    bare: DatasetFacts, full: DatasetFacts, with_the_fact: str, without_it: str
) -> None:
    said, unsaid = card_text(full), card_text(bare)
    assert with_the_fact in said
    assert with_the_fact not in unsaid
    if without_it:
        assert without_it in unsaid
        assert without_it not in said


def test_what_only_some_documents_say_is_said_of_those(tmp_path: Path) -> None:
    documents = [
        replace(document, meta=document.meta | (RECORDED if number < 10 else {}))
        for number, document in enumerate(annotated_documents())
    ]
    card = card_text(build_dataset(documents, tmp_path / "gonerd")[0])
    assert "Pages were fetched on 2024-05-01 (10 of 30 documents say so)." in card
    assert "by one annotator (10 of 30 documents say so)." in card
    assert "Pages that state a licence: 10 of 30" in card


def test_merged_annotations_say_who_decided_in_numbers(tmp_path: Path) -> None:
    about = {
        "status": "adjudicated",
        "annotators": ["anna", "berg"],
        "adjudicator": "carla",
        "entities": [
            {"start": 0, "end": 10, "label": "PER", "agreed": ["anna", "berg"]},
            {"start": 19, "end": 30, "label": "LOC", "adjudicated": "carla", "marked_by": ["anna"]},
        ],
    }
    facts = built(tmp_path / "gonerd", more={"annotation": about})
    assert facts.provenance["annotators"] == 3
    card = card_text(facts)
    assert "Annotated through Label Studio by 3 annotators." in card
    assert "Entities by who decided: agreed (30), adjudicated (30)." in card


def test_annotators_are_counted_and_never_named(full: DatasetFacts) -> None:
    assert full.provenance["annotators"] == 1
    assert "carla" not in card_text(full) + json.dumps(full.as_json())


def test_the_numbers_are_those_of_the_data(full: DatasetFacts) -> None:
    card = card_text(full)
    for split, count in full.documents.items():
        assert f"| {split} | {count:,} | {full.words[split]:,} |" in card
    assert "Entities: 30 PER, 0 ORG, 30 LOC, 30 MISC. Sources: 10 justice, 20 news." in card
    assert "Subtypes: MISC/AGE (30)." in card
    words = sum(full.words.values())
    assert f"Tokens a document: {words / 30:,.0f} in the mean" in card
    assert "33.3% of the entities are MISC" in card


def test_the_invented_sample_says_so_and_claims_nothing_of_the_world(tmp_path: Path) -> None:
    facts, _ = build_dataset(Newsroom(40, 0).gold(), tmp_path / "gonerd")
    card = card_text(facts)
    assert SYNTHETIC_NOTICE in card
    assert "Nothing was collected: the sample newsroom's generator wrote every text." in card
    assert "Nobody annotated: the generator knows the entities" in card
    assert "Everyone in the texts is invented." in card
    for claim in ("as they were published", "publishers'", "what is written on the web", "fetched"):
        assert claim not in card
    measured = {"annotators": 2, "documents": 3, "level": None, "measures": {}}
    assert "Nobody annotated" not in card_text(replace(facts, agreement=measured))


def test_one_invented_document_makes_a_mixture_not_an_invention(tmp_path: Path) -> None:
    first, *others = annotated_documents()
    invented = replace(first, meta=first.meta | {"domain": "herald.example"})
    card = card_text(build_dataset([invented, *others], tmp_path / "gonerd")[0])
    assert SYNTHETIC_NOTICE in card
    assert "Nothing was collected" not in card
    assert "The texts are as they were published." in card


REPORT = {
    "annotators": [{"name": "anna@herald.test"}, {"name": "berg@herald.test"}],
    "co_annotated_documents": 1200,
    "bootstrap": {"level": 0.9, "samples": 1000},
    "overall": {
        "exact_f1": {"value": 0.91, "interval": [0.88, 0.934], "reason": None},
        "alpha": {"value": None, "interval": None, "reason": "one category only"},
        "by_type": {"PER": {"exact_f1": {"value": 1, "interval": None, "reason": "one document"}}},
    },
    "pairs": [{"annotators": ["anna", "berg"], "exact_f1": {"value": 0.5, "interval": None}}],
    "disagreements": {"most_frequent": [{"text": "words of a text"}]},
}


def test_agreement_is_quoted_from_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path / "documents.jsonl", annotated_documents())
    (tmp_path / "agreement.json").write_text(json.dumps(REPORT))
    words = ["build", str(tmp_path / "documents.jsonl"), "--out", str(tmp_path / "out")]
    assert run([*words, "--agreement", str(tmp_path / "agreement.json")]) == 0
    card = (tmp_path / "out/README.md").read_text()
    assert (
        "Agreement of 2 annotators on the 1,200 documents that several annotated, with 90% intervals over "
        "documents:"
    ) in card
    assert "| exact span and type, F1 | 0.910 (0.880 to 0.934) |" in card
    assert "| Krippendorff's alpha per token | undefined: one category only |" in card
    assert "| PER: exact span and type, F1 | 1.000 |" in card
    assert "not measured" not in card
    for kept in (card, (tmp_path / "out/gonerd.json").read_text()):
        assert "anna" not in kept.replace("annota", "")
        assert "words of a text" not in kept


def test_without_a_report_agreement_is_not_measured(full: DatasetFacts) -> None:
    assert "Agreement between annotators: not measured." in card_text(full)


def report_of(*, value: Any, interval: Any = None) -> str:
    measure = {"value": value, "interval": interval, "reason": None}
    return json.dumps(REPORT | {"overall": {"exact_f1": measure}})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "agreement.json does not exist"),
        ("", "not JSON at column 1"),
        ("[1]", "holds no measure of agreement; expected what 'gonerd annotate agree --json' prints"),
        ('{"f1": 0.9}', "holds no measure of agreement"),
        (report_of(value="high"), "exact span and type, F1 is 'high' with the interval None"),
        (report_of(value=0.5, interval=[1]), "is 0.5 with the interval [1], expected numbers or null"),
        (report_of(value=0.5, interval="ab"), "is 0.5 with the interval 'ab', expected numbers"),
        (report_of(value=True), "is True with the interval None"),
    ],
)  # fmt: skip
def test_a_report_that_is_none_is_refused(
    tmp_path: Path, content: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path / "documents.jsonl", annotated_documents())
    if content is not None:
        (tmp_path / "agreement.json").write_text(content)
    words = ["build", str(tmp_path / "documents.jsonl"), "--out", str(tmp_path / "out")]
    assert run([*words, "--agreement", str(tmp_path / "agreement.json")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "", "1.0.0\n"])
def test_a_version_has_three_numbers(
    tmp_path: Path, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path / "documents.jsonl", annotated_documents())
    words = ["build", str(tmp_path / "documents.jsonl"), "--out", str(tmp_path / "out")]
    assert run([*words, "--version", version]) == 2
    assert "expected major.minor.patch as in 1.0.0" in capsys.readouterr().err


def test_the_card_has_the_paper_and_the_chapters_of_a_datasheet(full: DatasetFacts) -> None:
    card = card_text(full)
    chapters = re.findall(r"^## (.+)$", card, re.MULTILINE)
    assert chapters == [
        "Uses", "Composition", "Fields", "Collection", "Annotation", "Personal data",
        "Licence and take-down", "Bias and limits", "Version", "Citation",
    ]  # fmt: skip
    assert "arXiv preprint arXiv:2311.13657" in card
    assert f"1.0.0, fingerprint `{full.fingerprint}`." in card


def test_the_facts_of_an_older_build_still_make_a_card(full: DatasetFacts) -> None:
    older = replace(full, statistics={}, provenance={}, agreement=None)
    card = card_text(older)
    assert "How the texts were collected is not recorded." in card
    assert "Who annotated these documents is not recorded." in card
    assert "Tokens a document" not in card


def test_the_yaml_is_what_the_hub_reads(tmp_path: Path, full: DatasetFacts) -> None:
    from huggingface_hub import DatasetCard

    data: Any = DatasetCard(card_text(full)).data
    assert (data.license, data.language) == ("other", "en")
    assert data.license_name
    assert data.task_ids == ["named-entity-recognition"]
    assert [config["config_name"] for config in data.configs] == ["default", "sentences"]
    withheld = replace(full, texts=False)
    data = DatasetCard(card_text(withheld)).data
    assert [config["config_name"] for config in data.configs] == ["default"]
    assert "configuration `sentences`" not in card_text(withheld)


def test_a_document_without_a_day_has_none(tmp_path: Path) -> None:
    odd: list[Document] = [
        replace(d, meta=d.meta | {"date": "last week", "fetched_at": 5, "licence": ["x"]})
        for d in annotated_documents()
    ]
    card = card_text(build_dataset(odd, tmp_path / "gonerd")[0])
    assert "Dated" not in card
    assert "No licence that a page states is recorded." in card
