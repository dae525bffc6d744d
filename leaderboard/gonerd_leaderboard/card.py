"""The model card of a submission: what its author says of the model, as model.toml."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass

from gonerd.errors import SchemaError
from gonerd_leaderboard.fields import LONGEST_TEXT, Fields

__all__ = ["EXPOSURES", "Card", "card_from_toml", "toml_from_card"]


EXPOSURES = {
    "none": "neither the model nor what it was made from has seen the test documents",
    "texts": "it may have seen the test documents, without their labels",
    "labels": "it may have seen test documents with their labels",
    "unknown": "nobody can say whether it has seen the test documents",
}
"""What a card can say of the model and the test documents."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows of a model beside its scores; empty where nothing is stated."""

    name: str
    license: str = ""
    training_data: str = ""
    exposure: str = ""
    """What the model has seen of the test documents, a key of `EXPOSURES`."""
    contact: str = ""
    url: str = ""
    notes: str = ""


def card_from_toml(text: str, where: str) -> Card:
    """Read a model.toml; `where` names it in messages. The inverse of `toml_from_card`.

    Raises:
        SchemaError: it is no TOML, or a field is missing, unknown or of the wrong form.
    """
    try:
        record = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as problem:
        raise SchemaError(f"{where}: not TOML ({problem})") from None
    fields = Fields(record, where)
    card = Card(
        name=fields.text("name"),
        license=fields.text("license") if fields.has("license") else "",
        training_data=(
            fields.text("training_data", longest=LONGEST_TEXT)
            if fields.has("training_data")
            else ""
        ),
        exposure=(
            fields.text("exposure", pattern="|".join(EXPOSURES)) if fields.has("exposure") else ""
        ),
        contact=fields.text("contact") if fields.has("contact") else "",
        url=fields.text("url", pattern=r"https?://[^\s\"<>]+") if fields.has("url") else "",
        notes=fields.text("notes", longest=LONGEST_TEXT) if fields.has("notes") else "",
    )
    fields.end()
    return card


def toml_from_card(card: Card) -> str:
    """The text of a model.toml, without the fields that are empty."""
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in asdict(card).items() if value)


def _quoted(value: str) -> str:
    # JSON's escapes are TOML's, but TOML also wants DEL escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
