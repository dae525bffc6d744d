from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.align import entities_from_tags, fit_to_tokens, tags_from_entities
from gonerd.errors import AlignmentError
from gonerd.tokens import token_spans
from tests.strategies import iob2_tags, texts, tokenized_documents


@given(tokenized_documents())
def test_tags_and_back_lose_nothing(document: Document) -> None:
    assert document.tokens is not None
    tags = tags_from_entities(document.tokens, document.entities)
    assert tuple(entities_from_tags(document.tokens, tags)) == document.entities


@given(iob2_tags())
def test_entities_and_back_lose_nothing(tags: list[str]) -> None:
    tokens = [(2 * number, 2 * number + 1) for number in range(len(tags))]
    assert tags_from_entities(tokens, entities_from_tags(tokens, tags)) == tags


@given(texts)
def test_tokens_cover_all_but_white_space(text: str) -> None:
    spans = token_spans(text)
    covered = {place for start, end in spans for place in range(start, end)}
    assert all(text[place].isspace() for place in range(len(text)) if place not in covered)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert not any(text[start:end].isspace() for start, end in spans)


@given(
    texts,
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.sampled_from(["PER", "ORG"]))),
)
def test_snapped_entities_are_flat_on_boundaries_and_accounted_for(
    text: str, spans: list[tuple[int, int, str]]
) -> None:
    entities = tuple(Entity(s, s + n, label) for s, n, label in spans if s + n <= len(text))
    document = Document(id="d", text=text, entities=entities)
    for policy in ("snap", "drop"):
        fitted, changes = fit_to_tokens(document, on_misaligned=policy)
        assert fitted.tokens is not None
        assert tuple(
            entities_from_tags(fitted.tokens, tags_from_entities(fitted.tokens, fitted.entities))
        ) == (tuple(Entity(e.start, e.end, e.label) for e in fitted.entities))
        dropped = sum(change.result is None for change in changes)
        assert len(fitted.entities) + dropped == len(entities)


def test_adjacent_entities_of_one_label_stay_apart() -> None:
    tokens = [(0, 3), (4, 7)]
    tags = tags_from_entities(tokens, [Entity(0, 3, "PER"), Entity(4, 7, "PER")])
    assert tags == ["B-PER", "B-PER"]


@pytest.mark.parametrize("entity", [Entity(0, 2, "PER"), Entity(1, 3, "PER"), Entity(0, 9, "PER")])
def test_an_entity_that_cuts_a_token_is_refused(entity: Entity) -> None:
    with pytest.raises(AlignmentError, match="cuts a token"):
        tags_from_entities([(0, 3), (4, 7)], [entity])


@pytest.mark.parametrize("tags", [["I-PER", "O"], ["B-PER", "I-ORG"], ["B-", "O"], ["X", "O"]])
def test_a_tag_that_is_not_iob2_is_refused(tags: list[str]) -> None:
    with pytest.raises(AlignmentError, match="continues nothing"):
        entities_from_tags([(0, 3), (4, 7)], tags)


def test_what_does_not_fit_is_named_by_document_span_and_text() -> None:
    document = Document(id="a7", text="Ada Lovelace", entities=(Entity(0, 6, "PER"),))
    with pytest.raises(
        AlignmentError, match=r"document 'a7': entity PER \[0, 6\) 'Ada Lo' cuts a token$"
    ):
        fit_to_tokens(document)


def test_snapping_grows_to_whole_tokens_and_says_so() -> None:
    document = Document(id="a7", text="Ada Lovelace wrote", entities=(Entity(2, 13, "PER"),))
    fitted, (change,) = fit_to_tokens(document, on_misaligned="snap")
    assert [fitted.mention(entity) for entity in fitted.entities] == ["Ada Lovelace"]
    assert (
        str(change)
        == "document 'a7': entity PER [2, 13) 'a Lovelace ' cuts a token: snapped to [0, 12)"
    )


def test_of_overlapping_entities_the_longest_stays_and_the_other_is_reported() -> None:
    entities = (Entity(0, 3, "PER"), Entity(0, 12, "ORG"))
    fitted, (change,) = fit_to_tokens(
        Document(id="a", text="Ada Lovelace", entities=entities), on_misaligned="drop"
    )
    assert fitted.entities == (entities[1],)
    assert str(change) == "document 'a': entity PER [0, 3) 'Ada' overlaps another entity: dropped"
    with pytest.raises(AlignmentError, match="overlaps another entity"):
        fit_to_tokens(Document(id="a", text="Ada Lovelace", entities=entities))


def test_an_entity_of_white_space_alone_is_dropped_under_snap() -> None:
    document = Document(id="a", text="Ada  met", entities=(Entity(3, 5, "PER"),))
    fitted, (change,) = fit_to_tokens(document, on_misaligned="snap")
    assert fitted.entities == ()
    assert change.problem == "covers no token"


def test_a_hyphen_after_an_abbreviation_is_split() -> None:
    text = "a U.K.-based firm"
    assert [text[start:end] for start, end in token_spans(text)] == [
        "a",
        "U.K.",
        "-",
        "based",
        "firm",
    ]


def test_documents_keep_the_tokens_that_they_came_with() -> None:
    document = Document(
        id="a", text="34-year-old", tokens=((0, 11),), entities=(Entity(0, 11, "MISC", "AGE"),)
    )
    assert fit_to_tokens(document) == (document, [])
