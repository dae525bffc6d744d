"""One row of the benchmark: a model's sizes, written out, so that no configuration has to be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from gonerd.errors import ConfigError

__all__ = ["ATTENTIONS", "FAMILIES", "GROUPS", "Family", "Row", "row_from_json"]

GROUPS = ("baseline", "compressed", "reference", "efficient", "extended")
"""The first two and `efficient` are Table 2 of arXiv 2311.13657, `extended` is its Table 4."""

ATTENTIONS = ("full", "longformer", "bigbird", "lsg", "nystromformer")


@dataclass(frozen=True, slots=True)
class Family:
    """How transformers names and counts what a class of models has."""

    model_type: str
    full: bool = True
    """Full attention, which runs in SDPA as well as eager; the others have a way of their own only."""
    first_position: int = 0
    """Row of the table of positions at which a document begins."""
    counts_first: bool = True
    """`max_position_embeddings` counts the rows before the first position, too."""
    ours: bool = True
    """BERT's shape, which our encoder has."""


FAMILIES: Mapping[str, Family] = {
    "bert": Family("bert"),
    "roberta": Family("roberta", first_position=2),
    "xlm-roberta": Family("xlm-roberta", first_position=2),
    "distilbert": Family("distilbert"),
    "mobilebert": Family("mobilebert", ours=False),
    "albert": Family("albert", ours=False),
    "modernbert": Family("modernbert", ours=False),
    "longformer": Family("longformer", full=False, first_position=2),
    "big_bird": Family("big_bird", full=False),
    "nystromformer": Family("nystromformer", full=False, first_position=2, counts_first=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Sizes as in the published checkpoint."""

    name: str
    """What `--rows` takes."""
    title: str
    """What the table shows."""
    group: str
    """One of GROUPS."""
    family: str
    """One of FAMILIES."""
    attention: str = "full"
    """One of ATTENTIONS."""
    vocabulary: int = 30522
    width: int = 768
    """Of the hidden states."""
    layers: int = 12
    heads: int = 12
    feed_forward: int = 3072
    embedding: int = 0
    """Width of the embeddings where it is another one (ALBERT, MobileBERT); 0 where not."""
    positions: int = 512
    """Tokens of the longest document."""
    token_types: int = 2
    activation: str = "gelu"
    norm_eps: float = 1e-12
    growing: bool = False
    """The table of positions grows with the length that is timed."""
    teacher: str = ""
    """The row that is twice as deep."""
    published_full: bool = False
    """Nystromformer as its checkpoints configure it: 64 landmarks of 64 tokens, which is full softmax."""
    note: str = ""

    def __post_init__(self) -> None:
        for value, allowed, what in (
            (self.group, GROUPS, "group"),
            (self.family, tuple(FAMILIES), "family"),
            (self.attention, ATTENTIONS, "attention"),
        ):
            if value not in allowed:
                raise ConfigError(
                    f"row {self.name!r}: {what} {value!r} is unknown; expected one of {', '.join(allowed)}"
                )

    @property
    def of_family(self) -> Family:
        """What its family is like."""
        return FAMILIES[self.family]

    def takes(self, length: int) -> bool:
        """Whether it has positions for documents of `length` tokens."""
        return self.growing or length <= self.positions

    def for_length(self, length: int) -> Row:
        """The row with a table of positions that reaches `length`, at least its own.

        Raises:
            ConfigError: the table does not grow.
        """
        if not self.takes(length):
            raise ConfigError(
                f"row {self.name!r} has positions for {self.positions} tokens, not for {length}"
            )
        return replace(self, positions=max(self.positions, length))

    def as_json(self) -> dict[str, Any]:
        """All fields; `row_from_json` is the inverse."""
        return asdict(self)


def row_from_json(fields: Mapping[str, Any]) -> Row:
    """The row that `Row.as_json` gave."""
    return Row(**fields)
