"""Reprints: near-duplicates with exact gold."""

from __future__ import annotations

from functools import cache

from gonerd.align import tags_from_entities
from gonerd.newsroom import Article, articles
from gonerd.newsroom.near_duplicate import REPRINT_NUMBER, shingle_jaccard, variant
from gonerd.tokens import token_spans


@cache
def pairs() -> tuple[tuple[Article, Article], ...]:
    return tuple((one, variant(one, seed=5)) for one in articles(300, seed=5))


def test_a_reprint_is_a_function_of_the_article_and_the_seed():
    assert all(variant(one, seed=5) == other for one, other in pairs()[:30])


def test_a_reprint_stands_on_another_site_under_a_number_of_its_own():
    for one, other in pairs():
        assert other.domain != one.domain
        assert other.number == REPRINT_NUMBER + one.number
        assert str(other.number) in other.url


def test_a_reprint_shares_85_to_97_percent_of_the_shingles_from_150_words_on():
    for one, other in pairs():
        likeness = shingle_jaccard(one.text, other.text)
        if len(one.text.split()) >= 150:
            assert 0.85 <= likeness <= 0.97, one.number
        else:
            assert 0.5 <= likeness < 1, one.number


def test_the_entities_of_a_reprint_are_those_of_the_original_where_its_text_is_kept():
    for one, other in pairs():
        tags_from_entities(token_spans(other.text), other.entities)  # refuses what is off by one
        known = {(one.text[e.start : e.end], e.label, e.subtype) for e in one.entities}
        own = len(other.text) - len(other.paragraphs[-1])
        for entity in other.entities:
            if entity.end < own:
                mention = other.text[entity.start : entity.end]
                assert (mention, entity.label, entity.subtype) in known


def test_shingle_jaccard_counts_shared_runs_of_five_words():
    assert shingle_jaccard("a b c d e f", "A, b c d e f.") == 1
    assert shingle_jaccard("a b c d e f", "a b c d e g") == 1 / 3
    assert shingle_jaccard("a b c d e", "v w x y z") == 0
