"""Redaction: what was marked is gone, everything else is as it was, and offsets fit."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.align import fit_to_tokens
from gonerd.redaction import REDACTED, new_seed, redact_document, redact_documents
from gonerd.schema import text_sha256
from gonerd.surrogates import Surrogates, kind_of, numbers_of_age
from gonerd.tokens import token_spans

MARK = re.compile(r"\[(\w+) ([^\]]*)\]")


def marked(text: str, *, name: str = "d", tokens: bool = False, **meta: object) -> Document:
    """A document of a text with marks: `[AGE 42]`, `[PER Ada Marlow]`."""
    entities, plain, position = [], "", 0
    for mark in MARK.finditer(text):
        plain += text[position : mark.start()]
        label, mention = mark[1], mark[2]
        kind = label if label in ("PER", "ORG", "LOC") else "MISC"
        entities.append(
            Entity(len(plain), len(plain) + len(mention), kind, label if label != kind else "")
        )
        plain += mention
        position = mark.end()
    plain += text[position:]
    spans = tuple(token_spans(plain)) if tokens else None
    return Document(id=name, text=plain, entities=tuple(entities), meta=meta, tokens=spans)


STORY = """\
[PER Ada Marlow], [AGE 42], of [ADDRESS 12 Main Street, Dayton, Ohio 45402] was charged in [LOC Dayton].
The 42-year-old and [PER Bo Lindt], [AGE 47-year-old], met at 12 MAIN STREET.
Call [PHONE (614) 228-4301] or 614.228.4301; locally 228-4301. [ORG Main Street Bank] paid 42 percent.
[PER Marlow] is [AGE forty-two]."""


def test_a_story_is_redacted_as_a_whole() -> None:
    document = marked(
        STORY, title="Dayton woman, 42, charged", url="http://x.example/a", warc={"offset": 3}
    )
    document = replace(document, meta=document.meta | {"text_sha256": text_sha256(document.text)})
    new = redact_document(document, seed="s")
    ages = [new.mention(e) for e in new.entities if e.subtype == "AGE"]
    assert not {"42", "47-year-old", "forty-two"} & set(ages)
    assert numbers_of_age(ages[0]) == numbers_of_age(ages[2])  # one person, one age
    assert not numbers_of_age(ages[0]) & numbers_of_age(ages[1])
    assert not re.search(r"(?i)main street,|45402|614|4301|12 main", new.text)
    phone = next(new.mention(e) for e in new.entities if e.subtype == "PHONE")
    digits = re.sub(r"\D", "", phone)
    assert f"{digits[:3]}.{digits[3:6]}.{digits[6:]}; locally {phone[-8:]}." in new.text
    street = next(new.mention(e) for e in new.entities if e.subtype == "ADDRESS").partition(",")[0]
    assert f"met at {street.upper()}." in new.text
    assert "paid 42 percent" in new.text  # a bare number is an age only where it is marked
    assert f"The {ages[0]}-year-old and" in new.text  # what is called an age is one
    assert new.meta["title"] == f"Dayton woman, {ages[0]}, charged"
    assert new.meta[REDACTED] == {"AGE": 3, "ADDRESS": 1, "PHONE": 1, "repetitions": 4, "kept": 0}
    assert new.meta["text_sha256"] == text_sha256(new.text)
    assert new.meta["url"] == "http://x.example/a"
    assert "warc" not in new.meta
    others = [(e.label, new.mention(e)) for e in new.entities if e.label != "MISC"]
    assert others == [
        (e.label, document.mention(e)) for e in document.entities if e.label != "MISC"
    ]


def test_nothing_in_meta_repeats_a_mention_or_leads_back_to_the_text():
    told = "Woman, 42, of 12 Main Street: 614-228-4301"
    document = marked(
        "\U0001f680 [PER Ada], [AGE 42], of [ADDRESS 12 Main Street]: [PHONE 614-228-4301].",
        **dict.fromkeys(("title", "headline", "subtitle", "description", "summary"), told),
        warc={"offset": 3},
        tlsh="T1A0",
        version=2,
        replaces={"text_sha256": "0" * 64, "warc": {"offset": 1}},
    )
    new = redact_document(document, seed="s")
    assert not re.search(r"42|Main|4301|tlsh|offset|0000", str(new.meta))
    assert new.meta["headline"] == new.meta["title"]
    assert new.mention(new.entities[0]) == "Ada"
    assert new.text.startswith("\U0001f680 Ada, ")


def test_places_in_meta_move_along() -> None:
    """Sentences, and the entities of a merged document, which say who decided each."""
    plain = marked("[AGE forty-two] years on. Call [PHONE 614-228-4301]. [PER Ada] stays.")
    decided = [
        {"start": e.start, "end": e.end, "label": e.label, "agreed": ["a", "b"]}
        for e in plain.entities
    ]
    starts = [0, plain.text.index("Call"), plain.text.index("Ada")]
    meta = {"annotation": {"status": "agreed", "entities": decided}, "sentence_starts": starts}
    for seed in ("s", "t", "u", "v"):
        new = redact_document(replace(plain, meta=meta), seed=seed)
        moved = new.meta["annotation"]["entities"]
        assert [(e["start"], e["end"]) for e in moved] == [(e.start, e.end) for e in new.entities]
        assert [e["agreed"] for e in moved] == [["a", "b"]] * 3
        second, third = new.meta["sentence_starts"][1:]
        assert new.text[second:].startswith("Call ")
        assert new.text[third:] == "Ada stays."
    assert meta["annotation"]["entities"][0] == decided[0]


@pytest.mark.parametrize(
    "meta",
    [
        {"sentence_starts": "none", "annotation": {"entities": ["x", {"start": "0"}]}},
        {"sentence_starts": [0, "1"], "annotation": {"entities": 3}},
        {"annotation": "by hand"},
    ],
)
def test_what_names_no_places_in_meta_stays(meta: dict[str, object]) -> None:
    new = redact_document(marked("Call [PHONE 614-228-4301].", **meta), seed="s")
    assert {key: new.meta[key] for key in meta} == meta


@pytest.mark.parametrize("claim", [False, True, "no", 0])
def test_only_the_note_of_a_redaction_says_that_there_was_one(claim):
    new = redact_document(marked("Call [PHONE 614-228-4301].", redacted=claim), seed="s")
    assert "4301" not in new.text
    assert new.meta[REDACTED]["PHONE"] == 1


def test_the_seed_decides_across_documents() -> None:
    one = marked("Call [PHONE 614-228-4301], [AGE 42], at [ADDRESS 12 Main Street].", name="a")
    other = marked(
        "[ADDRESS 12 Main Street, Dayton] or [PHONE (614) 228-4301]: [AGE 42].", name="b"
    )
    first, second = redact_documents([one, other], seed="s")
    mentions = [[d.mention(e) for e in d.entities] for d in (first, second)]
    assert mentions[1][0].startswith(mentions[0][2] + ", ")
    assert re.sub(r"\D", "", mentions[1][1]) == re.sub(r"\D", "", mentions[0][0])
    assert mentions[1][2] == mentions[0][1]
    assert redact_document(one, seed="s") == first
    assert len({redact_document(one, seed=new_seed()).text for _ in range(5)}) > 1


def test_other_entities_keep_their_characters_even_inside_an_address() -> None:
    text = "at 12 Main Street, Dayton, today; 12 Main Street Bank"
    entities = (Entity(3, 25, "MISC", "ADDRESS"), Entity(19, 25, "LOC"), Entity(34, 53, "ORG"))
    new = redact_document(Document(id="d", text=text, entities=entities), seed="s")
    assert new.text.endswith(" Street, Dayton, today; 12 Main Street Bank")
    assert [new.mention(e) for e in new.entities if e.label != "MISC"] == [
        "Dayton",
        "12 Main Street Bank",
    ]
    assert not new.text.startswith("at 12 Main")


def test_what_holds_nothing_to_replace_is_kept_and_counted() -> None:
    new = redact_document(marked("The [AGE teenager] of [AGE 15]."), seed="s")
    assert new.text.startswith("The teenager of ")
    assert new.meta[REDACTED]["kept"] == 1


def test_a_document_without_such_entities_is_the_same_but_for_the_note() -> None:
    document = marked("[PER Ada Marlow] called 614-228-4301.", tokens=True)
    new = redact_document(document, seed="s")
    assert (new.text, new.entities, new.tokens) == (
        document.text,
        document.entities,
        document.tokens,
    )
    assert new.meta[REDACTED] == {"AGE": 0, "ADDRESS": 0, "PHONE": 0, "repetitions": 0, "kept": 0}


odd_mentions = st.one_of(
    st.text(min_size=1, max_size=12),
    st.text("0123456789 -+().x,ABC'½٣²", min_size=1, max_size=20),
    st.lists(
        st.sampled_from(
            ["forty", "-", " ", "two", "40s", "12", "St", "Apt.", "B", "5th", "NY", "é", "00000"]
        ),
        min_size=1,
        max_size=8,
    ).map("".join),
)


@given(odd_mentions, st.sampled_from(["AGE", "PHONE", "ADDRESS", ""]), st.text(max_size=3))
@settings(max_examples=400, deadline=None)
def test_any_mention_whatsoever_has_edits_that_fit(mention: str, kind: str, seed: str) -> None:
    kind = kind or kind_of(mention)
    ages = numbers_of_age(mention) if kind == "AGE" else set()
    edits = sorted(Surrogates(seed, ages=ages).edits(mention, kind))
    edges = [edge for start, end, _ in edits for edge in (start, end)]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(mention) for start, end, _ in edits)
    assert all(new and new != mention[start:end] for start, end, new in edits)
    document = Document(
        id="d", text=f"({mention})", entities=(Entity(1, 1 + len(mention), "MISC", kind),)
    )
    new = redact_document(document, seed=seed)
    assert (new.text[0], new.text[-1]) == ("(", ")")
    assert (new.entities[0].start, new.entities[0].end) == (1, len(new.text) - 1)


AGES = [
    "42",
    "7",
    "42-year-old",
    "thirty-six years old",
    "twenty",
    "103",
    "60s",
    "18 months old",
    "36",
]
PHONES = [
    "614-228-4301",
    "(614) 228-4301",
    "228-4301",
    "555-0100",
    "555-0101",
    "+44 20 7946 0001",
    "1-800-555-0199",
]
PLACES = [
    "12 Main Street",
    "12 Main Street, Dayton, OH 45402",
    "9 Elm Ave., Apt. 3",
    "P.O. Box 7",
    "1 Alder Ln",
]
PLAIN = [
    "said",
    "42",
    "12",
    "Main Street",
    "614",
    "the 42-year-old",
    "12  main\nstreet",
    "614.228.4301",
    "É",
    "\U0001f680",
]
NAMED = [
    ("PER", "Ada Marlow"),
    ("LOC", "Dayton"),
    ("ORG", "Main Street Bank"),
    ("LOC", "42nd Street"),
]

pieces = st.one_of(
    st.sampled_from(PLAIN),
    st.sampled_from([f"[AGE {age}]" for age in AGES]),
    st.sampled_from([f"[PHONE {phone}]" for phone in PHONES]),
    st.sampled_from([f"[ADDRESS {place}]" for place in PLACES]),
    st.sampled_from([f"[{label} {name}]" for label, name in NAMED]),
)
stories = st.lists(
    st.tuples(pieces, st.sampled_from([" ", ", ", ". ", "\n", " ("])), max_size=14
).map(lambda parts: "".join(piece + gap for piece, gap in parts))


@given(stories, st.text(max_size=4))
@settings(max_examples=150, deadline=None)
@example("[PHONE 555-0100] [PHONE 555-0101] [AGE 42] [AGE 36]", "")
@example("[ADDRESS 12 Main Street] 12 [ORG Main Street Bank]", "")
@example("[AGE 7] [ORG Main Street Bank] [ADDRESS 12 Main Street] ", "0000")
def test_what_was_marked_is_gone_and_the_rest_is_as_it_was(story: str, seed: str) -> None:
    document = marked(story, tokens=True)
    new = redact_document(document, seed=seed)
    # entities: as many, in the same order; others' texts untouched
    assert [(e.label, e.subtype) for e in new.entities] == [
        (e.label, e.subtype) for e in document.entities
    ]
    for before, after in zip(document.entities, new.entities, strict=True):
        old, said = document.mention(before), new.mention(after)
        assert (old == said) == (before.label != "MISC")
        if before.subtype == "PHONE":  # sign for sign
            assert re.sub(r"\d", "0", said) == re.sub(r"\d", "0", old)
    # no original of the kinds that stand for themselves is left
    originals = {document.mention(e) for e in document.entities if e.label == "MISC"}
    for original in originals:
        if not re.fullmatch(r"\d+s?|[a-z]+", original):
            pattern = r"(?i)(?<!\w)" + r"\s+".join(map(re.escape, original.split())) + r"(?!\w)"
            assert not re.search(pattern, new.text), (original, new.text)
    # outside of mentions and their repetitions nothing changed
    if new.meta[REDACTED]["repetitions"] == 0:
        assert _gaps(document) == _gaps(new)
    # tokens: within the text, and all characters that were in tokens are
    assert new.tokens is not None
    assert document.tokens is not None
    covered = "".join(new.text[start:end] for start, end in new.tokens)
    assert covered == re.sub(r"\s", "", new.text)
    fitted, changes = fit_to_tokens(new, on_misaligned="snap")
    assert changes == []
    assert fitted.tokens == new.tokens
    # again, or once more from the start: the same
    assert redact_document(new, seed=seed) == new
    assert redact_document(document, seed=seed) == new


def _gaps(document: Document) -> list[str]:
    edges = [0]
    for entity in document.entities:
        if entity.label == "MISC":
            edges += [entity.start, entity.end]
    edges.append(len(document.text))
    return [document.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


@given(stories)
@settings(max_examples=100, deadline=None)
def test_different_phone_numbers_and_addresses_stay_different(story: str) -> None:
    document = marked(story)
    new = redact_document(document, seed="s")
    for kind in ("PHONE", "ADDRESS"):
        pairs = {
            (document.mention(before).casefold(), new.mention(after).casefold())
            for before, after in zip(document.entities, new.entities, strict=True)
            if before.subtype == kind
        }
        assert len({old for old, _ in pairs}) == len({said for _, said in pairs}) == len(pairs)


def test_surrogates_avoid_what_stands_in_the_document_however_little_is_left() -> None:
    """30 of the 100 fictional lines are originals, and most of the ages."""
    phones = " ".join(f"[PHONE 555-01{number:02d}]" for number in range(30))
    ages = " ".join(f"[AGE {number}]" for number in range(1, 60))
    addresses = " ".join(f"[ADDRESS {number} Main Street]" for number in range(101, 110))
    new = redact_document(marked(f"{phones} {ages} {addresses}"), seed="s")
    said = [new.mention(entity) for entity in new.entities]
    assert len(set(said)) == len(said)
    assert not {f"555-01{number:02d}" for number in range(30)} & set(said)
    assert not {str(number) for number in range(1, 60)} & set(said)


def test_more_numbers_than_there_are_for_fiction_share_some() -> None:
    document = marked(" ".join(f"[PHONE 614-228-{number}]" for number in range(4000, 4150)))
    new = redact_document(document, seed="s")
    said = {new.mention(entity) for entity in new.entities}
    assert len(said) == 100
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", mention) for mention in said)


def test_no_age_becomes_a_house_number_of_the_document():
    """The same age gets the same surrogate whatever the salt, so another try would not help."""
    document = marked(f"[AGE 9 months old], [ADDRESS 7], [ADDRESS 10], [ADDRESS {'1' * 5000}]")
    for seed in map(str, range(40)):
        new = redact_document(document, seed=seed)
        assert new.mention(new.entities[0]).split()[0] not in ("7", "9", "10")


def test_other_surrogates_are_tried_where_the_first_ones_collide() -> None:
    """With one digit each, a tenth of all seeds would give one box the other's number, or both the same."""
    document = marked("[ADDRESS P.O. Box 7] and [ADDRESS P.O. Box 3]")
    for seed in map(str, range(60)):
        new = redact_document(document, seed=seed)
        said = {new.mention(entity) for entity in new.entities}
        assert len(said - {"P.O. Box 7", "P.O. Box 3"}) == 2
