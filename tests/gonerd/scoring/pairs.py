"""Gold documents with predictions that are wrong in every way."""

from __future__ import annotations

from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.labels import LABELS
from gonerd.scoring import Pair

__all__ = ["document", "flat_pairs", "pairs"]


def document(
    name: str, words: int, entities: list[tuple[int, int, str]], **meta: object
) -> Document:
    """Words of one letter with a space between; entities by first word, one past the last, label."""
    tokens = tuple((2 * place, 2 * place + 1) for place in range(words))
    return Document(
        id=name,
        text="x " * words,
        tokens=tokens,
        entities=tuple(spans(entities)),
        meta=meta,
    )


def spans(entities: list[tuple[int, int, str]]) -> list[Entity]:
    return [Entity(2 * first, 2 * stop - 1, label) for first, stop, label in entities]


def _entities(words: int) -> st.SearchStrategy[list[tuple[int, int, str]]]:
    places = st.tuples(st.integers(0, words - 1), st.integers(1, 4), st.sampled_from(LABELS))
    return st.lists(places.map(lambda p: (p[0], min(words, p[0] + p[1]), p[2])), max_size=8)


@st.composite
def pairs(draw: st.DrawFn) -> list[Pair]:
    """Documents of words; entities on both sides nest, cross and come twice; some predictions are as gold."""
    result: list[Pair] = []
    for number in range(draw(st.integers(1, 4))):
        words = draw(st.integers(1, 12))
        gold = draw(_entities(words))
        found = draw(_entities(words)) + draw(
            st.lists(st.sampled_from(gold or [(0, 1, "PER")]), max_size=4)
        )
        meta = draw(
            st.sampled_from(
                [
                    {},
                    {"source": "news"},
                    {"source": "justice", "date": "2019-05-01"},
                    {"common_window_end": 7},
                ]
            )
        )
        result.append((document(f"d{number}", words, gold, **meta), spans(found)))
    return result


@st.composite
def flat_pairs(draw: st.DrawFn) -> list[Pair]:
    """As `pairs`, with no overlaps on either side, and every entity touching at most one of the other side.

    Words come in blocks of five; gold and prediction of a block lie within it.
    """
    inner = st.integers(0, 4).flatmap(
        lambda first: st.tuples(
            st.just(first), st.integers(first + 1, 5), st.sampled_from(LABELS[:2])
        )
    )
    blocks = draw(st.lists(st.tuples(st.none() | inner, st.none() | inner), min_size=1, max_size=8))
    gold, found = (
        [
            (5 * place + block[side][0], 5 * place + block[side][1], block[side][2])
            for place, block in enumerate(blocks)
            if block[side] is not None
        ]
        for side in (0, 1)
    )
    return [(document("d", 5 * len(blocks), gold), spans(found))]
