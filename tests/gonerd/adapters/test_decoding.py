from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.adapters.decoding import best_tags, confidence, spans_of
from gonerd.adapters.tag_set import TagSet, tag_set_from_names
from gonerd.align import entities_from_tags
from gonerd.errors import AlignmentError
from gonerd.labels import TAGS
from gonerd.schemes import Scheme, iob2_from_scheme

IOB2 = tag_set_from_names(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
BIOES = tag_set_from_names(["O", "B-PER", "I-PER", "E-PER", "S-PER", "S-LOC"])
IOB1 = tag_set_from_names(["B-PER", "I-PER", "I-LOC", "O"])
PLAIN = tag_set_from_names(["PER", "LOC", "O"])


def rows_of(draw: st.DrawFn, tags: TagSet, longest: int) -> np.ndarray:
    words = draw(st.integers(0, longest))
    cells = st.floats(-20, 0, width=32)
    shape = st.lists(cells, min_size=len(tags.names), max_size=len(tags.names))
    rows = draw(st.lists(shape, min_size=words, max_size=words))
    return np.array(rows, dtype=float).reshape(words, len(tags.names))


@st.composite
def said(draw: st.DrawFn) -> tuple[np.ndarray, TagSet, Scheme]:
    tags, scheme = draw(st.sampled_from([(IOB2, "iob2"), (BIOES, "bioes")]))
    return rows_of(draw, tags, 5), tags, scheme


def is_valid(names: list[str], scheme: Scheme) -> bool:
    try:
        iob2_from_scheme(names, scheme)
    except AlignmentError:
        return False
    return True


@given(said())
def test_the_sequence_is_the_best_of_all_that_are_well_formed(
    given_: tuple[np.ndarray, TagSet, Scheme],
) -> None:
    rows, tags, scheme = given_
    path = best_tags(rows, tags)
    assert is_valid([tags.names[tag] for tag in path], scheme)
    best = max(
        sum(rows[place, tag] for place, tag in enumerate(sequence))
        for sequence in product(range(len(tags.names)), repeat=len(rows))
        if is_valid([tags.names[tag] for tag in sequence], scheme)
    )
    assert rows[np.arange(len(rows)), path].sum() == pytest.approx(best, abs=1e-9)


@given(st.data())
def test_likeliest_tags_that_are_well_formed_are_the_answer(data: st.DataObject) -> None:
    tags = tag_set_from_names(TAGS)
    rows = rows_of(data.draw, tags, 30)
    likeliest = rows.argmax(axis=1)
    path = best_tags(rows, tags)
    if is_valid([TAGS[tag] for tag in likeliest], "iob2"):
        assert path.tolist() == likeliest.tolist()
    spans = [(n, n + 1) for n in range(len(rows))]
    entities = entities_from_tags(spans, [TAGS[tag] for tag in path])
    assert [(e.start, e.end, e.label) for e in entities] == list(spans_of(path, tags))


@pytest.mark.parametrize(
    ("tags", "names", "spans"),
    [
        (IOB1, "I-PER I-PER B-PER O I-LOC I-PER",
         [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "LOC"), (5, 6, "PER")]),
        (PLAIN, "PER PER LOC O PER", [(0, 2, "PER"), (2, 3, "LOC"), (4, 5, "PER")]),
        (BIOES, "B-PER I-PER E-PER S-PER O S-LOC", [(0, 3, "PER"), (3, 4, "PER"), (5, 6, "LOC")]),
        (IOB2, "B-PER B-PER I-PER O B-LOC", [(0, 1, "PER"), (1, 3, "PER"), (4, 5, "LOC")]),
    ],
)  # fmt: skip
def test_tags_of_each_scheme_describe_entities(
    tags: TagSet, names: str, spans: list[tuple[int, int, str]]
) -> None:
    path = np.array([tags.names.index(name) for name in names.split()])
    rows = np.full((len(path), len(tags.names)), -5.0)
    rows[np.arange(len(path)), path] = 0
    assert best_tags(rows, tags).tolist() == path.tolist()
    assert list(spans_of(path, tags)) == spans


def test_an_inside_without_a_beginning_is_repaired_where_it_costs_least() -> None:
    rows = np.log([[0.9, 0.02, 0.02, 0.03, 0.03], [0.2, 0.3, 0.5, 1e-9, 1e-9]])
    assert [IOB2.names[tag] for tag in best_tags(rows, IOB2)] == ["O", "B-PER"]


def test_a_word_that_is_surely_outside_splits_an_entity() -> None:
    rows = np.array([[-9, -0.1, -9, -9, -9], [0, *[-np.inf] * 4], [-9, -2, -0.1, -9, -9]])
    path = best_tags(rows, IOB2)
    assert list(spans_of(path, IOB2)) == [(0, 1, "PER"), (2, 3, "PER")]


def test_confidence_is_the_least_probability_of_the_type_among_the_words() -> None:
    rows = np.log([[0.1, 0.7, 0.1, 0.05, 0.05], [0.3, 0.3, 0.3, 0.05, 0.05]])
    path = np.array([1, 2])
    assert confidence(rows, path, 0, 1, IOB2) == pytest.approx(0.8)
    assert confidence(rows, path, 0, 2, IOB2) == pytest.approx(0.6)
