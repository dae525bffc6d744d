from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.dataset.mentions import Mentions, surface_form
from gonerd.dataset.positions import BLOCK, Positions
from gonerd.labels import LABELS

mentions = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(["Paris", "PARIS", "Jordan", "x  y", "Q"]))
)


def counted(pairs: list[tuple[str, str]]) -> Mentions:
    result = Mentions()
    for label, text in pairs:
        result.add(label, text, len(text.split()))
    return result


def test_a_surface_form_has_no_case_and_no_line_breaks() -> None:
    assert surface_form("New\n  YORK") == surface_form("new york") == "new york"
    assert surface_form("STRASSE") == surface_form("Straße")


def test_a_mention_is_ambiguous_where_its_form_has_more_than_one_label() -> None:
    found = counted([("PER", "Jordan"), ("LOC", "JORDAN"), ("LOC", "Jordan"), ("LOC", "Oslo")])
    every = found.ambiguity()
    assert (every.forms, every.ambiguous_forms) == (2, 1)
    assert (every.mentions, every.ambiguous_mentions, every.share) == (4, 3, 0.75)
    places = found.ambiguity("LOC")
    assert (places.forms, places.mentions, places.ambiguous_mentions) == (2, 3, 2)
    assert found.ambiguity("ORG").share == 0


def test_a_mention_is_seen_where_its_form_has_the_same_label() -> None:
    train = counted([("LOC", "Jordan"), ("ORG", "Acme")])
    test = counted([("LOC", "JORDAN"), ("PER", "Jordan"), ("PER", "Anna"), ("LOC", "jordan")])
    seen = test.seen_in(train)
    assert (seen.mentions, seen.same_label, seen.other_label, seen.unseen) == (4, 2, 1, 1)
    assert (seen.seen_share, seen.other_share) == (0.5, 0.25)
    assert test.seen_in(train, "PER").same_label == 0
    assert test.seen_in(train, "ORG").seen_share is None


@given(mentions, mentions)
def test_labels_make_the_whole_and_all_is_seen_in_itself(
    some: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    one, other = counted(some), counted(others)
    whole = one.ambiguity()
    parts = [one.ambiguity(label) for label in LABELS]
    assert whole.mentions == sum(part.mentions for part in parts) == len(some)
    assert whole.ambiguous_mentions == sum(part.ambiguous_mentions for part in parts)
    assert one.seen_in(one).same_label == len(some)
    seen = one.seen_in(other)
    known = {(label, surface_form(text)) for label, text in others}
    assert seen.same_label == sum((label, surface_form(text)) in known for label, text in some)
    assert seen.same_label + seen.other_label + seen.unseen == len(some)
    assert one + other == counted([*some, *others])


def test_lengths_of_mentions_are_told_by_label() -> None:
    found = counted([("PER", "Anna Berg"), ("PER", "Anna"), ("LOC", "Oslo")])
    people, places = found.length_summary("PER"), found.length_summary("LOC")
    assert people is not None
    assert places is not None
    assert (people.mean, people.max, people.count) == (1.5, 2, 2)
    assert places.mean == 1
    assert found.length_summary("ORG") is None
    assert found.lengths_of() == Counter({1: 2, 2: 1})


@given(st.integers(1, 3000), st.data())
def test_a_token_lies_in_one_tenth_and_one_block(tokens: int, data: st.DataObject) -> None:
    begins = data.draw(st.lists(st.integers(0, tokens - 1), max_size=5))
    positions = Positions()
    positions.add(tokens, begins)
    by_tenth = Counter(10 * number // tokens for number in range(tokens))
    assert [density.tokens for density in positions.by_tenth()] == [by_tenth[n] for n in range(10)]
    by_block = Counter(number // BLOCK for number in range(tokens))
    assert [density.tokens for density in positions.by_block()] == list(by_block.values())
    assert Counter(10 * begin // tokens for begin in begins) == positions.tenths
    assert Counter(begin // BLOCK for begin in begins) == positions.blocks


def test_density_is_in_entities_per_100_tokens() -> None:
    positions = Positions()
    positions.add(1000, [0, 50, 99, 600])
    first, second = positions.by_tenth()[:2]
    assert (first.per_100, second.per_100) == (3, 0)
    blocks = positions.by_block()
    assert [density.per_100 for density in blocks] == pytest.approx([300 / 512, 100 / 488])
    assert positions.beyond(1).per_100 == pytest.approx(100 / 488)
    assert positions.beyond(7).tokens == 0
    edges = Positions()
    edges.add(2 * BLOCK, [BLOCK - 1, BLOCK, 2 * BLOCK - 1])
    assert edges.blocks == Counter({0: 1, 1: 2})
