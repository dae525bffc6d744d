import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, IOBES, Entities

from gonerd.align import entities_from_tags
from gonerd.errors import AlignmentError
from gonerd.schemes import SCHEMES, Scheme, TagRepairs, repaired_iob2, scheme_from_iob2
from tests.strategies import iob2_tags

LABELS = ("PER", "ORG")


def any_tags(prefixes: str) -> st.SearchStrategy[list[str]]:
    tags = [f"{prefix}-{label}" for prefix in prefixes for label in LABELS]
    return st.lists(st.sampled_from(["O", *tags]), max_size=12)


def spans(tags: list[str]) -> set[tuple[str, int, int]]:
    """Strict IOB2 as (label, first token, one past the last)."""
    places = [(number, number + 1) for number in range(len(tags))]
    return {(e.label, e.start, e.end) for e in entities_from_tags(places, tags)}


@given(st.one_of(any_tags("BI"), any_tags("BIES")))
def test_conlleval_repair_is_what_seqeval_does_by_default(tags: list[str]) -> None:
    scheme: Scheme = "bioes" if any(tag[0] in "ES" for tag in tags) else "iob2"
    read, _ = repaired_iob2(tags, scheme, "conlleval")
    # get_entities' ends are inclusive, where Entities' and ours are exclusive
    assert spans(read) == {(label, start, end + 1) for label, start, end in get_entities(tags)}


@given(any_tags("BI"))
def test_discard_repair_is_seqevals_strict_iob2(tags: list[str]) -> None:
    read, _ = repaired_iob2(tags, "iob2", "discard")
    strict = Entities([tags], IOB2).entities[0]
    assert spans(read) == {(entity.tag, entity.start, entity.end) for entity in strict}


@given(any_tags("BIES"))
def test_discard_repair_is_seqevals_strict_iobes(tags: list[str]) -> None:
    read, _ = repaired_iob2(tags, "bioes", "discard")
    strict = Entities([tags], IOBES).entities[0]
    assert spans(read) == {(entity.tag, entity.start, entity.end) for entity in strict}


@given(iob2_tags(), st.sampled_from(SCHEMES), st.sampled_from(["conlleval", "discard", "error"]))
def test_tags_of_the_scheme_need_no_repair(tags, scheme, repair) -> None:
    assert repaired_iob2(scheme_from_iob2(tags, scheme), scheme, repair) == (tags, 0)


@given(any_tags("BI"), st.sampled_from(["conlleval", "discard"]))
def test_every_tag_that_breaks_the_scheme_is_counted(tags, repair) -> None:
    read, changed = repaired_iob2(tags, "iob2", repair)
    assert changed == sum(one != other for one, other in zip(tags, read, strict=True))
    if changed:
        with pytest.raises(AlignmentError, match=r"is not IOB2 after"):
            repaired_iob2(tags, "iob2", "error")
    else:
        assert repaired_iob2(tags, "iob2", "error") == (tags, 0)


@pytest.mark.parametrize("repair", ["conlleval", "discard"])
@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("b-PER", "tag 'b-PER' at token 0 is not IOB2"),
        ("S-PER", "tag 'S-PER' at token 0 is not IOB2"),
        ("PER", "tag 'PER' at token 0 is neither O nor prefix-label"),
        ("o", "tag 'o' at token 0 is neither O nor prefix-label"),
    ],
)
def test_what_is_no_tag_is_refused_under_any_policy(tag, message, repair) -> None:
    with pytest.raises(AlignmentError, match=message):
        repaired_iob2([tag], "iob2", repair)


def test_repairs_are_counted_by_tag_and_document() -> None:
    repairs = TagRepairs("conlleval")
    assert repairs.iob2(["O", "I-PER", "I-ORG"], "iob2", "a") == ["O", "B-PER", "B-ORG"]
    assert repairs.iob2(["B-PER", "I-PER"], "iob2", "b") == ["B-PER", "I-PER"]
    assert repairs.iob2(["I-PER"], "iob2", "c") == ["B-PER"]
    assert (repairs.tags, repairs.documents, repairs.first) == (3, 2, "a")
    dropped = TagRepairs("discard")
    assert dropped.iob2(["B-PER", "I-ORG", "I-PER"], "iob2", "a") == ["B-PER", "O", "O"]
    assert dropped.iob2(["B-PER", "I-PER", "O", "S-ORG"], "bioes", "b") == ["O", "O", "O", "B-ORG"]
    assert dropped.tags == 4
