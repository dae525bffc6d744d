from hypothesis import given
from hypothesis import strategies as st

from gonerd import Entity
from gonerd_annotation.categories import category
from gonerd_annotation.disagreements import Disagreements, differences
from gonerd_annotation.span_agreement import Matches, span_counts
from tests.annotation.teams import at, document, entities_of

TEXT = (
    "Judge Anna Berg of the Oslo District Court sued Acme Corp. in Oslo, 34 years after Anna left."
)
marks = entities_of(TEXT)


@given(marks, marks)
def test_counts_are_those_of_comparing_every_pair(one: set[Entity], other: set[Entity]) -> None:
    counts = span_counts(one, other)
    for name in {category(entity) for entity in one | other}:
        mine, theirs = ([e for e in side if category(e) == name] for side in (one, other))
        same = sum(any((a.start, a.end) == (b.start, b.end) for b in theirs) for a in mine)
        assert counts.exact[name] == Matches(2 * same, len(mine) + len(theirs))
        touching = sum(any(a.start < b.end and b.start < a.end for b in theirs) for a in mine)
        touching += sum(any(a.start < b.end and b.start < a.end for a in mine) for b in theirs)
        assert counts.overlap[name] == Matches(touching, len(mine) + len(theirs))
    spans, others = ({(e.start, e.end) for e in side} for side in (one, other))
    assert counts.agnostic == Matches(2 * len(spans & others), len(spans) + len(others))


@given(marks, marks)
def test_the_counts_do_not_ask_who_comes_first(one: set[Entity], other: set[Entity]) -> None:
    assert span_counts(one, other) == span_counts(other, one)


@given(marks)
def test_with_oneself_everything_agrees(one: set[Entity]) -> None:
    counts = span_counts(one, one)
    for matches in (*counts.exact.values(), *counts.overlap.values(), counts.agnostic):
        assert matches.f1 == (1.0 if matches.entities else None)
    assert list(differences(one, one)) == []


def test_an_entity_inside_a_long_one_of_the_other_overlaps_though_a_shorter_lies_between() -> None:
    one, other = [Entity(30, 32, "PER")], [Entity(0, 40, "PER"), Entity(5, 8, "PER")]
    assert span_counts(one, other).overlap["PER"] == Matches(2, 3)
    assert span_counts(other, one).overlap["PER"] == Matches(2, 3)
    found = {(d.first, d.second) for d in differences(one, other)}
    assert found == {(one[0], other[0]), (None, other[1])}


def test_the_three_ways_of_counting_differ_as_they_should() -> None:
    one = [at(TEXT, "Anna Berg", "PER"), at(TEXT, "Oslo", "LOC"), at(TEXT, "Acme Corp.", "ORG")]
    other = [
        at(TEXT, "Judge Anna Berg", "PER"),
        at(TEXT, "Oslo", "LOC"),
        at(TEXT, "Acme Corp.", "PER"),
    ]
    counts = span_counts(one, other)
    assert sum(counts.exact.values(), Matches()).f1 == 2 / 6
    assert sum(counts.overlap.values(), Matches()).f1 == 4 / 6
    assert counts.agnostic.f1 == 4 / 6


@given(marks, marks)
def test_every_entity_without_an_equal_is_in_one_difference(
    one: set[Entity], other: set[Entity]
) -> None:
    found = list(differences(one, other))
    assert sorted(d.first for d in found if d.first) == sorted(one - other)
    assert sorted(d.second for d in found if d.second) == sorted(other - one)
    turned = [(d.kind, d.second, d.first) for d in differences(other, one)]
    assert [(d.kind, d.first, d.second) for d in found] == turned


def test_differences_say_what_kind_they_are() -> None:
    one = [
        at(TEXT, "Anna Berg", "PER"),
        at(TEXT, "Oslo District Court", "ORG"),
        at(TEXT, "Acme Corp.", "ORG"),
        at(TEXT, "34 years", "MISC", "AGE"),
    ]
    other = [
        at(TEXT, "Judge Anna Berg", "PER"),
        at(TEXT, "Oslo", "LOC"),
        at(TEXT, "Acme Corp.", "PER"),
    ]
    assert [difference.kind for difference in differences(one, other)] == [
        "boundary",
        "type and boundary",
        "type",
        "missing",
    ]


def test_of_overlapping_entities_those_most_alike_are_paired() -> None:
    long, short, near = Entity(0, 20, "PER"), Entity(0, 2, "PER"), Entity(3, 20, "PER")
    found = {(d.first, d.second) for d in differences([long], [short, near])}
    assert found == {(long, near), (None, short)}


def test_disagreements_are_counted_whoever_marked_which() -> None:
    first = document("Oslo won. Bergen lost.", ("Oslo", "ORG"), ("Bergen", "ORG"), id_="a")
    second = document("Oslo won again.", ("Oslo", "LOC"), id_="b")
    disagreements = Disagreements()
    pairs = [
        (first, first.entities, [at(first.text, "Oslo", "LOC")]),
        (second, second.entities, [at(second.text, "Oslo", "ORG")]),
    ]
    for one, mine, theirs in pairs:
        for difference in differences(mine, theirs):
            disagreements.add(one, difference, ("anna", "berg"))
    assert disagreements.kinds == {"type": 2, "missing": 1}
    most, other = disagreements.most_frequent(5)
    assert (most["kind"], most["count"], most["documents"]) == ("type", 2, 2)
    assert most["marked"] == [
        {"label": "ORG", "text": "Oslo", "annotators": {"anna": 1, "berg": 1}},
        {"label": "LOC", "text": "Oslo", "annotators": {"anna": 1, "berg": 1}},
    ]
    assert most["example"] == {
        "document": "a", "start": 0, "end": 4, "context": "Oslo won. Bergen lost.",
    }  # fmt: skip
    assert other["marked"][1] == {"label": None, "text": None, "annotators": {"berg": 1}}
    assert disagreements.most_frequent(1) == [most]


@given(st.lists(st.tuples(marks, marks), max_size=4))
def test_the_kinds_add_up_to_all_differences(pairs: list[tuple[set[Entity], set[Entity]]]) -> None:
    disagreements = Disagreements()
    text = document(TEXT)
    total = 0
    for one, other in pairs:
        for difference in differences(one, other):
            disagreements.add(text, difference, ("anna", "berg"))
            total += 1
    assert disagreements.kinds.total() == total
    assert sum(row["count"] for row in disagreements.most_frequent(1000)) == total
