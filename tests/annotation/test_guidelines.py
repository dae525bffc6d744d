"""The worked examples of the guidelines are sentences of the newsroom with its own entities."""

import re
from collections.abc import Iterator

import pytest

from gonerd import Document, Entity
from gonerd.align import entities_from_tags, tags_from_entities
from gonerd.newsroom.web import Newsroom
from gonerd.tokens import token_spans
from gonerd_annotation.categories import category
from gonerd_annotation.label_config import STUDIO_LABELS, label_and_subtype
from tests.places import ROOT

GUIDELINES = (ROOT / "annotation" / "guidelines.md").read_text(encoding="utf-8")
MARK = re.compile(r"\[([^\[\]]+)\]\(([A-Z]+)\)")
BLOCK = re.compile(r"^```examples\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[str]:
    return [line for block in BLOCK.findall(GUIDELINES) for line in block.splitlines()]


def parsed(line: str) -> Document:
    """The sentence without its marks, and an entity for each."""
    parts: list[str] = []
    entities = []
    place = length = 0
    for mark in MARK.finditer(line):
        parts += [line[place : mark.start()], mark[1]]
        start = length + mark.start() - place
        length = start + len(mark[1])
        entities.append(Entity(start, length, *label_and_subtype(mark[2])))
        place = mark.end()
    text = "".join([*parts, line[place:]])
    return Document(id=line, text=text, entities=tuple(entities))


@pytest.fixture(scope="module")
def gold() -> list[Document]:
    """What `gonerd newsroom gold` writes, as it comes."""
    return list(Newsroom(600, 0).gold())


def within(document: Document, sentence: str) -> Iterator[tuple[Entity, ...]]:
    """The entities that touch the sentence wherever `document` has it, as offsets into the sentence."""
    place = document.text.find(sentence)
    while place >= 0:
        end = place + len(sentence)
        yield tuple(
            Entity(max(0, e.start - place), e.end - place, e.label, e.subtype)
            for e in document.entities
            if place < e.end and e.start < end
        )
        place = document.text.find(sentence, place + 1)


def test_there_are_forty_and_no_two_are_the_same() -> None:
    assert len(examples()) == len(set(examples())) == 40


@pytest.mark.parametrize("line", examples())
def test_an_example_is_a_sentence_of_the_newsroom_with_its_entities(
    line: str, gold: list[Document]
) -> None:
    example = parsed(line)
    found = [entities for document in gold for entities in within(document, example.text)]
    assert found, "no article has this sentence"
    assert set(found) == {example.entities}


@pytest.mark.parametrize("line", examples())
def test_the_marks_of_an_example_are_whole_tokens(line: str) -> None:
    example = parsed(line)
    assert "[" not in example.text
    assert example.text == example.text.strip()
    tokens = token_spans(example.text)
    flat = [Entity(e.start, e.end, category(e)) for e in example.entities]
    assert entities_from_tags(tokens, tags_from_entities(tokens, flat)) == flat


def test_every_label_of_the_interface_is_shown_and_sentences_without_a_name_too() -> None:
    documents = [parsed(line) for line in examples()]
    assert {category(e) for one in documents for e in one.entities} == set(STUDIO_LABELS)
    assert sum(not one.entities for one in documents) >= 4


def test_the_parser_of_this_test_reads_marks_exactly() -> None:
    example = parsed("The [Acme Corp.](ORG) of [Anna](PER), [34](AGE)")
    assert [(example.mention(e), e.label, e.subtype) for e in example.entities] == [
        ("Acme Corp.", "ORG", ""),
        ("Anna", "PER", ""),
        ("34", "MISC", "AGE"),
    ]
    assert example.text == "The Acme Corp. of Anna, 34"


def test_the_guidelines_state_the_rule_of_misc() -> None:
    rule = " ".join(GUIDELINES.split())
    assert (
        "the paper's rule for MISC: ages, addresses and telephone numbers, **nothing else**" in rule
    )
