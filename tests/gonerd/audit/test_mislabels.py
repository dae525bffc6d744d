"""Signs of wrong labels: what each finds and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.audit import Audit, audit_corpora, splits_from_arguments
from gonerd.audit.finding import Held
from gonerd.audit.mislabels import mislabel_checks
from tests.gonerd.audit.corpora import files, labelled
from tests.strategies import overlapping_documents

HINTS = ("conflicting_labels", "never_labelled", "punctuation", "titles")


def audited(folder: Path, *documents: Document) -> Audit:
    return audit_corpora(splits_from_arguments(files(folder, every=documents)))


def said(audit: Audit, name: str) -> list[str]:
    return [finding.said for finding in audit[name].findings]


def test_the_same_words_in_the_same_context_with_another_label_are_told(tmp_path: Path) -> None:
    done = audited(
        tmp_path,
        labelled("a", "He went to Jordan on Monday.", ("LOC", "Jordan")),
        labelled("b", "They flew to Jordan on foot.", ("LOC", "Jordan")),
        labelled("c", "We gave it to Jordan on time.", ("PER", "Jordan")),
        labelled("d", "Ada came to Jordan on foot.", ("PER", "Ada")),
    )
    assert said(done, "conflicting_labels") == [
        "'Jordan' in 'to Jordan on': LOC 2 times, PER 1 time, no label 1 time"
    ]
    places = done["conflicting_labels"].findings[0].places
    assert [place.document for place in places] == ["a", "c", "d"]
    assert {place.text for place in places} == {"Jordan"}


def test_other_contexts_longer_names_and_punctuation_alone_say_nothing(tmp_path: Path) -> None:
    done = audited(
        tmp_path,
        labelled("a", "He saw Jordan play in Jordan today.", ("PER", "Jordan")),
        labelled("b", "The University of Ghana, in Accra", ("ORG", "University of Ghana")),
        labelled("c", "The mayor of Ghana, he said", ("LOC", "Ghana")),
        labelled("d", "Cities: Ghana, (Accra)", ("LOC", "Accra")),
        labelled("e", "Cities (Accra)", ("ORG", "Accra")),
    )
    assert said(done, "conflicting_labels") == []


def test_a_shorter_mark_in_the_same_context_is_told(tmp_path: Path) -> None:
    done = audited(
        tmp_path,
        labelled("a", "the Bank of Oslo said", ("ORG", "Bank of Oslo")),
        labelled("b", "the Bank of Oslo said", ("LOC", "Oslo")),
    )
    assert said(done, "conflicting_labels") == [
        "'Bank of Oslo' in 'the Bank of Oslo said': ORG 1 time, LOC in part 1 time"
    ]


def test_capitalised_words_that_nobody_labelled_are_told(tmp_path: Path) -> None:
    text = "We met Norrland in Oslo. Norrland was large, said Norrland, and so did Norrland."
    done = audited(tmp_path, labelled("a", text, ("LOC", "Oslo")))
    assert said(done, "never_labelled") == [
        "'Norrland' stands 3 times inside sentences and never in an entity"
    ]
    assert done["never_labelled"].findings[0].places[0].before.endswith("met ")


@pytest.mark.parametrize(
    "text",
    [
        "on Monday, on Monday, on Monday in Oslo",
        "Oslo. House. House. House. House",
        "the House, a House, the House: house, house and house in Oslo",
        "in Oslo, in Oslo, in Oslo, in Oslo",
        "by MPs, by MPs in Oslo",
    ],
)
def test_days_first_words_common_words_and_rare_words_are_not(tmp_path: Path, text: str) -> None:
    done = audited(tmp_path, labelled("a", text, ("LOC", "Oslo")))
    assert said(done, "never_labelled") == []


def test_a_document_that_nobody_labelled_says_nothing(tmp_path: Path) -> None:
    done = audited(tmp_path, labelled("a", "in Norrland, in Norrland, in Norrland"))
    assert {done[name].verdict for name in HINTS} == {"passed"}


@pytest.mark.parametrize(
    ("mention", "message"),
    [
        ("Acme,", "ORG 'Acme,' ends in ','"),
        ("Acme.", "ORG 'Acme.' ends in '.'"),
        (" Acme", "ORG ' Acme' begins with ' '"),
        ("-Acme ", "ORG '-Acme ' begins with '-' and ends in ' '"),
        ("Acme (", "ORG 'Acme (' ends in '('"),
        ("Acme)", "ORG 'Acme)' ends in ')'"),
        ("Acme Inc.", None),
        ("U.S.", None),
        ("Lee A.", None),
        ("Acme (Oslo)", None),
        ("“Lucky” Lee", None),
        ("Lee “Lucky”", None),
        ("(555) 010-0000", None),
        ("Yahoo", None),
    ],
)
def test_punctuation_at_the_edges(tmp_path: Path, mention: str, message: str | None) -> None:
    text = f"said {mention} today"
    start = text.index(mention)
    document = Document(id="a", text=text, entities=(Entity(start, start + len(mention), "ORG"),))
    wanted = [] if message is None else [f"{message}: 1 time"]
    assert said(audited(tmp_path, document), "punctuation") == wanted


@pytest.mark.parametrize(
    ("label", "mention", "title"),
    [
        ("PER", "Judge Anna Berg", "Judge"),
        ("PERSON", "Dr. Lee", "Dr."),
        ("PER", "Judge", None),
        ("PER", "Kingsley Amis", None),
        ("ORG", "General Motors", None),
    ],
)
def test_people_that_begin_with_a_title(
    tmp_path: Path, label: str, mention: str, title: str | None
) -> None:
    done = audited(tmp_path, labelled("a", f"said {mention} and {mention}", (label, mention)))
    wanted = f"{label} {mention!r} begins with the title {title!r}: 1 time"
    assert said(done, "titles") == ([] if title is None else [wanted])


def test_hints_fail_nothing(tmp_path: Path) -> None:
    done = audited(tmp_path, labelled("a", "said Judge Lee, today", ("PER", "Judge Lee,")))
    assert (done["titles"].count, done["punctuation"].count, done.failed) == (1, 1, ())


@given(overlapping_documents(), overlapping_documents())
def test_any_documents_can_be_looked_at(one: Document, other: Document) -> None:
    corpus = [Held("train", one), Held("test", other)]
    for check in mislabel_checks(corpus, limit=3):
        assert check.failures == 0
        assert len(check.findings) <= 3
        for finding in check.findings:
            for place in finding.places:
                texts = {held.document.id: held.document.text for held in corpus}
                assert one.id == other.id or (
                    texts[place.document][place.start : place.end] == place.text
                )
