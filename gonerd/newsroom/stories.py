"""Kinds of story, and how an article is put together from them until it has its length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from gonerd.newsroom.grammar import grammar
from gonerd.newsroom.story import Story
from gonerd.newsroom.template import Profile
from gonerd.newsroom.writer import Writer
from gonerd.schema import Entity

__all__ = ["JUSTICE_KINDS", "NEWS_KINDS", "Kind", "write_article"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of story: its rules are `<name>.head`, `.lead` and `.body`, besides those of `pools`.

    `cast` says which roles the generic `{per}` and `{org}` stand for; `rounds` are the kinds that
    may follow in a round-up.
    """

    name: str
    topic: str
    weight: float
    cast: Mapping[str, str]
    pools: Sequence[str]
    quote: str
    turn: str
    contact: str
    rounds: Sequence[str] = field(default=())


_GENERAL = {
    "sports": ("any.local", "any.person"),
    "culture": ("any.local", "any.person"),
    "obituary": (),
    "court": ("any.body",),
    "crime": ("any.body",),
    "crash": ("any.body",),
}
"""What a kind takes from the pools for all, where that is not everything."""


def _news(
    name: str, topic: str, weight: float, per: str, org: str, sort: str, *rounds: str
) -> Kind:
    return Kind(
        name=name,
        topic=topic,
        weight=weight,
        cast={"per": per, "org": org},
        pools=(f"{name}.body", *_GENERAL.get(name, ("any.body", "any.person")), f"plain.{sort}"),
        quote=f"quote.{sort}",
        turn="any.turn",
        contact="any.contact",
        rounds=(name, *rounds),
    )


def _justice(name: str, weight: float, per: str, org: str) -> Kind:
    civil = name in ("settlement", "program", "appointment")
    more = ("any.body", "plain.civic") if civil else ("justice.body", "justice.plain")
    return Kind(
        name=name,
        topic="justice",
        weight=weight,
        cast={"per": per, "org": org},
        pools=(f"{name}.body", *more),
        quote="",
        turn="justice.turn",
        contact="justice.contact",
        rounds=("sentencing", "plea", "charged", "takedown", "verdict"),
    )


JUSTICE_KINDS = (
    _justice("sentencing", 0.30, "defendant", "federal"),
    _justice("plea", 0.20, "defendant", "federal"),
    _justice("charged", 0.20, "defendant", "federal"),
    _justice("takedown", 0.07, "defendant", "federal"),
    _justice("verdict", 0.08, "defendant", "federal"),
    _justice("settlement", 0.09, "founder", "company"),
    _justice("program", 0.04, "official", "office"),
    _justice("appointment", 0.03, "nominee", "office"),
)

NEWS_KINDS = (
    _news(
        "council",
        "politics",
        0.10,
        "councilor",
        "council",
        "civic",
        "planning",
        "election",
        "education",
    ),
    _news("planning", "property", 0.06, "boss", "company", "civic", "council", "business"),
    _news("election", "politics", 0.08, "candidate", "party", "civic", "council"),
    _news("court", "courts", 0.07, "veteran", "company", "crime", "crime"),
    _news("crime", "crime", 0.11, "defendant", "police", "crime", "crash", "fire", "court"),
    _news("crash", "local", 0.05, "driver", "company", "crash", "crime", "fire"),
    _news("fire", "local", 0.04, "owner", "company", "fire", "crash", "weather"),
    _news("education", "education", 0.07, "principal", "college", "school", "council"),
    _news("sports", "sports", 0.11, "player", "team", "sports"),
    _news("business", "business", 0.09, "manager", "company", "business", "planning", "advice"),
    _news("weather", "weather", 0.04, "resident", "agency", "weather", "crash", "fire"),
    _news("obituary", "obituaries", 0.05, "dead", "company", "memory"),
    _news("health", "health", 0.06, "survivor", "hospital", "health", "science"),
    _news("culture", "culture", 0.06, "artist", "band", "culture", "obituary"),
    _news("science", "science", 0.04, "volunteer", "college", "science", "health"),
    _news("advice", "consumer", 0.04, "victim", "agency", "business", "business"),
)
"""The weights of each tuple add up to about 1; only their proportions matter."""

_BY_NAME = {kind.name: kind for kind in (*JUSTICE_KINDS, *NEWS_KINDS)}

TARGETS = {"PER": 0.0215, "ORG": 0.0190, "LOC": 0.0145}
"""Mentions per token in the paper's Table 9 (24.4k, 21.5k and 16.4k of 1,131k)."""

_CANDIDATES = 8
_RARE = 2.5
"""How unwelcome a phone number or address is: they are a fifth of all MISC, which is 0.2% of all tokens."""
_CALIBRATION = {
    "news": {"PER": 0.91, "ORG": 1.0, "LOC": 0.93},
    "justice": {"PER": 0.62, "ORG": 1.15, "LOC": 1.02},
}
"""Measured once: what the steering has to aim at, since leads and lists bring more names than it asks for."""


def write_article(writer: Writer, kind: Kind, words: float) -> tuple[str, tuple[Entity, ...], str]:
    """Write stories of `kind` and its relations until about `words` tokens stand there.

    Returns:
        The text, its entities, and a headline about the first story.
    """
    lead = _write_stories(writer, kind, words)
    text, entities = "".join(writer.parts), tuple(writer.entities)
    _write_title(writer, kind, lead)
    return text, entities, "".join(writer.parts)[len(text) :]


def _write_stories(writer: Writer, kind: Kind, words: float) -> int:
    draw = writer.random
    # Articles differ in how thick with names they are; the mean stays at the target.
    calibration = _CALIBRATION["justice" if writer.formal else "news"]
    targets = {
        label: share * calibration[label] * (0.65 + 0.7 * draw())
        for label, share in TARGETS.items()
    }
    written = Profile()
    lead = _begin(writer, kind, written, first=True)
    story_end = _budget(writer, words)
    contact = draw() < 0.07
    while True:
        room = words - written.words
        if contact and room < 40:
            _rule(writer, kind.contact, written)
            return lead
        step = _best(writer, kind, written, targets, room)
        if step is None:
            return lead
        rule, index = step
        writer.use(rule, index)
        _write(writer, rule, index, written)
        if written.words > story_end and words - written.words > 150:
            kind = _BY_NAME[kind.rounds[int(draw() * len(kind.rounds))]]
            _rule(writer, kind.turn, written)
            _begin(writer, kind, written, first=False)
            story_end = written.words + _budget(writer, words - written.words)


def _write_title(writer: Writer, kind: Kind, lead: int) -> None:
    """Write the headline that belongs to the lead that the article opened with."""
    writer.story = writer.stories[0]
    writer.heading = True
    writer.template(grammar().rules[f"{kind.name}.head"][lead])


def _budget(writer: Writer, room: float) -> float:
    budget = 350 + 500 * writer.random()
    return inf if room < 1.4 * budget else budget


def _begin(writer: Writer, kind: Kind, written: Profile, *, first: bool) -> int:
    writer.story = Story(dict(kind.cast), kind.quote)
    writer.stories.append(writer.story)
    if first and writer.random() < (0.3 if kind.topic == "justice" else 0.42):
        writer.rule("dateline")
        writer.literal(" ")
    return _rule(writer, f"{kind.name}.lead", written)


def _rule(writer: Writer, rule: str, written: Profile) -> int:
    index = writer.unused(rule, len(grammar().rules[rule]))
    _write(writer, rule, index, written)
    return index


def _write(writer: Writer, rule: str, index: int, written: Profile) -> None:
    before = dict(writer.mentions)
    start = len(writer.parts)
    writer.template(grammar().rules[rule][index])
    writer.end_paragraph()
    written.words += writer.words_since(start)
    now = writer.mentions
    written.per += now["PER"] - before["PER"]
    written.org += now["ORG"] - before["ORG"]
    written.loc += now["LOC"] - before["LOC"]


def _best(
    writer: Writer, kind: Kind, written: Profile, targets: Mapping[str, float], room: float
) -> tuple[str, int] | None:
    """Of a few templates not used yet, the one that brings the density of names nearest to `targets`.

    None once the nearest length is reached: one more paragraph would overshoot by more than the
    text falls short.
    """
    draw = writer.random
    lexicon = grammar()
    opening = writer.paragraphs < 3
    best: tuple[str, int] | None = None
    best_miss = inf
    best_words = 0.0
    for attempt in range(_CANDIDATES):
        rule = (
            kind.pools[0] if attempt < 2 or opening else kind.pools[int(draw() * len(kind.pools))]
        )
        profiles = lexicon.profiles[rule]
        index = int(draw() * len(profiles))
        if writer.is_used(rule, index):
            index = int(draw() * len(profiles))
            if writer.is_used(rule, index):
                continue
        profile = profiles[index]
        words = written.words + profile.words
        miss = (
            abs(written.per + profile.per - targets["PER"] * words)
            + abs(written.org + profile.org - targets["ORG"] * words)
            + abs(written.loc + profile.loc - targets["LOC"] * words)
            + _RARE * profile.contacts
        )
        if room < 60:  # the last paragraph also has to fit
            miss += abs(profile.words - room) / 8
        if miss < best_miss:
            best, best_miss, best_words = (rule, index), miss, profile.words
    if best is None:
        rule = kind.pools[-1]
        index = writer.unused(rule, len(lexicon.profiles[rule]))
        best, best_words = (rule, index), lexicon.profiles[rule][index].words
    return best if best_words < 2 * room else None
