"""Templates: what each piece of their language writes, and that the lexicon is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from gonerd.labels import LABELS
from gonerd.newsroom import template as pieces
from gonerd.newsroom.cast import PERSONS, PLACES
from gonerd.newsroom.grammar import base_role, grammar
from gonerd.newsroom.organisations import ORGANISATIONS, Organisation
from gonerd.newsroom.stories import JUSTICE_KINDS, NEWS_KINDS
from gonerd.newsroom.template import Template, TemplateError, template_from_text
from gonerd.newsroom.values import VALUES
from gonerd.newsroom.writer import Writer


def writer(seed: int = 0) -> Writer:
    now = datetime(2020, 5, 4, tzinfo=UTC)
    return Writer(chance=Random(seed), now=now, formal=False, full_share=0)


def written(text: str, seed: int = 0) -> tuple[str, list[tuple[str, str]]]:
    one = writer(seed)
    one.template(template_from_text(text))
    result = "".join(one.parts)
    return result, [(result[e.start : e.end], e.label) for e in one.entities]


def slots(template: Template) -> list[pieces.Slot]:
    found = []
    for part in template:
        if isinstance(part, pieces.Slot):
            found.append(part)
        elif isinstance(part, pieces.Choice):
            found += [slot for option in part.options for slot in slots(option)]
    return found


def test_alternatives_nest():
    seen = {written("[a|b[c|d]] end", seed)[0] for seed in range(40)}
    assert seen == {"A end", "Bc end", "Bd end"}


def test_the_indefinite_article_fits_what_follows():
    assert written("it is a(n) [honest] man")[0] == "It is an honest man"
    assert written("a(n) [union] of a(n) [11] and a(n) [80-year] lease")[0] == (
        "A union of an 11 and an 80-year lease"
    )


def test_a_sentence_begins_with_a_capital_also_inside_quotation_marks():
    assert written("one. [two] said: “[three].” [four].")[0] == "One. Two said: “Three.” Four."


def test_an_entity_is_noted_where_it_is_written():
    text, found = written("at {town} and {county}’s edge")
    assert [label for _, label in found] == ["LOC", "LOC"]
    assert all(mention in text for mention, _ in found)


def test_a_name_that_is_written_out_is_an_entity_too():
    assert written("the {ORG:Navy} came") == ("The Navy came", [("Navy", "ORG")])


def test_a_second_mention_is_the_surname():
    text, found = written("{dead:full} left. {dead} came back. {dead:he} sat.")
    assert found[0][0].split()[-1] == found[1][0]
    assert text.endswith(("He sat.", "She sat."))


def test_an_acronym_is_brought_in_once_and_then_stands_alone():
    one = writer()
    one.story.organisations["agency"] = Organisation("Rail Board", "RB", "agency", True, True)
    one.random = lambda: 0.9
    one.template(template_from_text("{agency} met; {agency} voted"))
    assert "".join(one.parts) == "The Rail Board (RB) met; the RB voted"
    assert [entity.label for entity in one.entities] == ["ORG"] * 3


def test_the_possessive_of_a_plural_has_no_second_s():
    one = writer()
    one.story.organisations["company"] = Organisation("Vale Foods", "Vale", "company")
    one.template(template_from_text("{company:full}’s plant"))
    assert "".join(one.parts) == "Vale Foods’ plant"


def test_a_kept_value_stays_the_same_through_a_story():
    text, _ = written("{money:large@sum} is {money:large@sum}")
    first, _, second = text.partition(" is ")
    assert first == second


@pytest.mark.parametrize("text", ["[a|b", "<rule", "{role"])
def test_a_bracket_that_is_not_closed_is_refused(text: str):
    with pytest.raises(TemplateError, match=r"not closed|no '[>}]' after"):
        template_from_text(text)


def test_every_slot_of_the_lexicon_names_a_role_a_value_or_a_fact():
    lexicon = grammar()
    known = PERSONS | PLACES | ORGANISATIONS | set(VALUES)
    known |= {"@", "address", "alias", "org", "phone", *LABELS}
    templates = [one for rule in lexicon.rules.values() for one in rule]
    templates += [field for table in lexicon.tables.values() for row in table.rows for field in row]
    for slot in (slot for template in templates for slot in slots(template)):
        table, _, column = slot.name.partition(".")
        if column:
            assert column in lexicon.tables[table].columns
        else:
            assert slot.name in known or base_role(slot.name) in known, slot.name


def test_every_person_can_be_brought_in_and_every_kind_has_its_rules():
    rules = grammar().rules
    for role in PERSONS:
        assert f"intro.{role}" in rules
        assert f"title.{role}" in rules
    for kind in (*JUSTICE_KINDS, *NEWS_KINDS):
        for rule in (
            f"{kind.name}.head",
            f"{kind.name}.lead",
            *kind.pools,
            kind.turn,
            kind.contact,
        ):
            assert rules[rule]
        assert all(f"{name}.lead" in rules for name in kind.rounds)
        assert len(rules[f"{kind.name}.head"]) == len(rules[f"{kind.name}.lead"])
        assert set(kind.cast.values()) <= PERSONS | ORGANISATIONS
