"""Small documents to learn from, and packed numbers to attend over."""

from __future__ import annotations

import random

from gonerd.corpora.tagged import document_from_tokens
from gonerd.schema import Document

PEOPLE = ("Ada Nkosi", "Liang Wei", "Maria da Silva", "Tom Okafor", "Jean-Luc Petit")
PLACES = ("Harare", "New Delhi", "Port Louis", "Sana'a", "Ulaanbaatar")
GROUPS = ("SADC", "Acme Mining", "Ministry of Health", "Red River Bank", "U.N.")
PATTERNS = (
    ("PER", "said", "on", "Monday", "that", "ORG", "would", "open", "in", "LOC", "."),
    ("The", "head", "of", "ORG", ",", "PER", ",", "37", "MISC", ",", "flew", "to", "LOC", "."),
    ("Rain", "fell", "in", "LOC", "for", "three", "days", "."),
    ("Nobody", "at", "ORG", "answered", "questions", ",", "PER", "wrote", "."),
)
FILL = {"PER": PEOPLE, "LOC": PLACES, "ORG": GROUPS, "MISC": ("years old", "aged 4")}


def documents(count: int, *, sentences: int = 6, seed: int = 0) -> list[Document]:
    """`count` different documents, the same for the same seed."""
    chance = random.Random(seed)
    return [_document(f"d{number:03d}", sentences, chance) for number in range(count)]


def long_document(tokens: int, *, name: str = "long") -> Document:
    """A document of exactly `tokens` tokens."""
    chance = random.Random(tokens)
    words, tags = _words(tokens, chance)
    tags = [tag if number < tokens else "O" for number, tag in enumerate(tags)]
    return document_from_tokens(words[:tokens], tags[:tokens], name=name)


def _document(name: str, sentences: int, chance: random.Random) -> Document:
    words: list[str] = []
    tags: list[str] = []
    begins: list[int] = []
    for _ in range(sentences):
        begins.append(len(words))
        more_words, more_tags = _sentence(chance)
        words += more_words
        tags += more_tags
    return document_from_tokens(words, tags, name=name, sentence_starts=begins)


def _words(tokens: int, chance: random.Random) -> tuple[list[str], list[str]]:
    words: list[str] = []
    tags: list[str] = []
    while len(words) < tokens:
        more_words, more_tags = _sentence(chance)
        words += more_words
        tags += more_tags
    return words, tags


def _sentence(chance: random.Random) -> tuple[list[str], list[str]]:
    words: list[str] = []
    tags: list[str] = []
    for place in chance.choice(PATTERNS):
        if place in FILL:
            mention = chance.choice(FILL[place]).split()
            words += mention
            tags += [f"B-{place}"] + [f"I-{place}"] * (len(mention) - 1)
        else:
            words.append(place)
            tags.append("O")
    return words, tags
