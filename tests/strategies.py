"""Hypothesis strategies for the shared schema."""

from __future__ import annotations

from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.labels import LABELS
from gonerd.schema import Span
from gonerd.tokens import token_spans

# What breaks offsets in practice: emoji with joiners, combining marks, bidi controls, line separators.
HARD = [
    "\U0001f469\u200d\U0001f680",
    "e\u0301",
    "\u202eabc\u202c",
    "\u2028",
    "\u0085",
    "\r\n",
    "\u00a0",
    "x\ufeff",
    "İ",
    "ß",
]

words = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=8
    ),
    st.sampled_from([piece for piece in HARD if piece.strip() and "\r" not in piece]),
)
texts = st.lists(
    st.one_of(words, st.sampled_from([" ", "  ", "\n", *HARD, "U.K.-based", "34-year-old"]))
).map("".join)


@st.composite
def tokenized_documents(draw: st.DrawFn) -> Document:
    """Words over any alphabet with any gap between them, and flat entities on word boundaries."""
    tokens: list[Span] = []
    parts: list[str] = []
    position = 0
    for word in draw(st.lists(words, max_size=30)):
        gap = draw(st.sampled_from(["", " ", "\n", "\r\n", "\u2028", " \U0001f680 "]))
        parts += [gap, word]
        position += len(gap)
        tokens.append((position, position + len(word)))
        position += len(word)
    entities: list[Entity] = []
    cursor = 0
    while cursor < len(tokens):
        length = draw(st.integers(0, 3))
        last = min(cursor + length, len(tokens)) - 1
        if length:
            label = draw(st.sampled_from(LABELS))
            entities.append(Entity(tokens[cursor][0], tokens[last][1], label))
        cursor = max(last, cursor) + 1
    return Document(id="d", text="".join(parts), entities=tuple(entities), tokens=tuple(tokens))


@st.composite
def iob2_tags(draw: st.DrawFn) -> list[str]:
    """Strict IOB2."""
    tags: list[str] = []
    for label, length in draw(
        st.lists(st.tuples(st.sampled_from(["", *LABELS]), st.integers(1, 3)))
    ):
        tags += ["O"] * length if not label else [f"B-{label}"] + [f"I-{label}"] * (length - 1)
    return tags


token_spans("")  # loads spaCy, whose import draws random numbers, which no strategy may do

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def overlapping_documents(draw: st.DrawFn) -> Document:
    """Any text with tokens of its own or spaCy's, entities with subtypes that nest and cross, and meta."""
    flat = draw(tokenized_documents())
    if draw(st.booleans()):
        text = draw(texts)
        flat = Document(id="d", text=text, tokens=tuple(token_spans(text)))
    tokens = flat.tokens or ()
    places = st.tuples(*(st.integers(0, max(0, len(tokens) - 1)) for _ in range(2)))
    entities = set(flat.entities)
    if tokens:
        for one, other in draw(st.lists(places, max_size=4)):
            label, subtype = draw(
                st.sampled_from([("PER", ""), ("MISC", "AGE"), ("MISC", "PHONE")])
            )
            first, last = sorted((one, other))
            entities.add(Entity(tokens[first][0], tokens[last][1], label, subtype))
    given = flat.tokens if flat.entities or draw(st.booleans()) else None
    if given is None and flat.tokens != tuple(token_spans(flat.text)):
        given = flat.tokens  # entities stand on these
    meta = draw(st.dictionaries(st.text(max_size=5), JSON, max_size=3))
    meta.pop("text_sha256", None)
    name = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8))
    return Document(id=name, text=flat.text, entities=tuple(entities), meta=meta, tokens=given)
