from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.scoring.matching import KINDS, matching
from gonerd.scoring.spans import Labels, batch_from_documents
from tests.gonerd.scoring.pairs import document, pairs, spans

Places = list[tuple[int, int, str]]


def kinds(gold: Places, found: Places) -> tuple[list[str], list[str]]:
    batch = batch_from_documents([document("a", 40, gold)], [spans(found)], Labels())
    match = matching(batch)
    return [KINDS[k] for k in match.gold_kind], [KINDS[k] for k in match.found_kind]


def test_each_kind_by_an_example() -> None:
    gold = [(0, 2, "PER"), (4, 6, "PER"), (8, 10, "PER"), (12, 14, "PER"), (16, 18, "PER")]
    found = [(0, 2, "PER"), (4, 7, "PER"), (8, 10, "ORG"), (13, 15, "ORG"), (20, 21, "PER")]
    assert kinds(gold, found) == (
        ["exact", "boundary", "type", "both", "missed"],
        ["exact", "boundary", "type", "both", "spurious"],
    )


def test_one_gold_entity_answers_one_prediction() -> None:
    # the larger half is the boundary error, the other half is too many
    assert kinds([(0, 5, "PER")], [(0, 2, "PER"), (2, 5, "PER")]) == (
        ["boundary"],
        ["spurious", "boundary"],
    )
    assert kinds([(0, 2, "PER"), (3, 5, "PER")], [(0, 5, "PER")])[0].count("missed") == 1
    # one that is right is nobody else's partner
    assert kinds([(0, 2, "PER")], [(0, 2, "PER"), (0, 3, "PER")])[1] == ["exact", "spurious"]


def test_the_same_span_comes_before_the_same_label() -> None:
    gold = [(0, 2, "PER")]
    assert kinds(gold, [(0, 3, "PER"), (0, 2, "ORG")])[1] == ["spurious", "type"]
    assert kinds(gold, [(0, 3, "ORG"), (1, 3, "PER")])[1] == ["spurious", "boundary"]


def test_names_decide_between_equals_and_not_which_came_first() -> None:
    gold, found = [(0, 1, "PER"), (0, 3, "LOC")], [(0, 3, "PER"), (0, 3, "ORG")]
    expected = (["boundary", "type"], ["boundary", "type"])
    assert kinds(gold, found) == expected
    for first in ("LOC", "ORG", "PER"):
        batch = batch_from_documents(
            [document("z", 2, [(0, 1, first)]), document("a", 40, gold)],
            [[], spans(found)],
            Labels(),
        )
        match = matching(batch)
        assert [KINDS[k] for k in match.gold_kind[1:]] == expected[0]


def test_touching_is_not_overlapping() -> None:
    assert kinds([(0, 2, "PER")], [(2, 3, "PER")]) == (["missed"], ["spurious"])
    text = Document(id="a", text="x" * 20, entities=(Entity(0, 10, "PER"), Entity(1, 3, "PER")))
    batch = batch_from_documents([text], [[Entity(0, 9, "PER"), Entity(3, 4, "PER")]], Labels())
    match = matching(batch)
    assert [KINDS[k] for k in match.gold_kind] == ["boundary", "missed"]
    assert [KINDS[k] for k in match.found_kind] == ["boundary", "spurious"]


@given(pairs())
def test_partners_overlap_and_are_shared_by_none(some) -> None:
    documents, found = ([pair[side] for pair in some] for side in (0, 1))
    batch = batch_from_documents(documents, found, Labels())
    match = matching(batch)
    partners = [p for p in match.partner.tolist() if p >= 0]
    assert len(partners) == len(set(partners))
    for one, other in enumerate(match.partner.tolist()):
        if other < 0:
            continue
        gold, predicted = batch.gold, batch.found
        assert gold.document[one] == predicted.document[other]
        assert max(gold.start[one], predicted.start[other]) < min(
            gold.end[one], predicted.end[other]
        )
        assert match.gold_kind[one] == match.found_kind[other]
        same_label = gold.label[one] == predicted.label[other]
        assert (KINDS[match.gold_kind[one]] == "boundary") == (
            same_label and KINDS[match.gold_kind[one]] != "type"
        )


@given(pairs(), st.data())
def test_missed_and_spurious_have_no_one_left_to_pair_with(some, data) -> None:
    documents, found = ([pair[side] for pair in some] for side in (0, 1))
    batch = batch_from_documents(documents, found, Labels())
    match = matching(batch)
    for one in (match.gold_kind == KINDS.index("missed")).nonzero()[0]:
        for other in (match.found_kind == KINDS.index("spurious")).nonzero()[0]:
            assert max(batch.gold.start[one], batch.found.start[other]) >= min(
                batch.gold.end[one], batch.found.end[other]
            )
