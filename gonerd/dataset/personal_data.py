"""The card's chapter on personal data: what of it stands in the texts, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonerd.dataset.datasheet import all_invented

if TYPE_CHECKING:
    from gonerd.dataset.card import DatasetFacts

__all__ = ["personal_data_chapter"]

PERSONAL_DATA = """\
The texts are as they were published. Names stay in them, and by design so do the ages, addresses and
phone numbers that MISC marks: to find those is what the dataset is for. Use it for that, and not to
look people up.
"""

INVENTED_DATA = """\
Everyone in the texts is invented. Names stay in them, and by design so do the ages, addresses and
phone numbers that MISC marks: to find those is what the dataset is for."""

REDACTED_DATA = """\
surrogates of the same kind and form stand for the ages, addresses and phone numbers
that MISC marks, and for their repetitions. Phone numbers are from ranges that are kept for fiction or
that nobody has. Names of people, organisations and places stay as they were published, and so does
what nobody marked; whoever follows `url` can read the original. Offsets, tokens and `text_sha256` are
those of the redacted text.
"""

WITHHELD_DATA = """\
The texts are not here, but addresses may name people. Offsets say where in a page ages,
addresses and phone numbers stand: who makes the texts again has the personal data in them, too.
"""

TAKEN_DOWN_ON_REQUEST = (
    "Who is concerned can ask that a document be taken down; later builds leave it out."
)


def personal_data_chapter(facts: DatasetFacts) -> str:
    """What of MISC stands in the texts: as it was, by design, or surrogates."""
    return f"## Personal data\n\n{_said(facts)}"


def _said(facts: DatasetFacts) -> str:
    if not facts.texts:
        return WITHHELD_DATA + TAKEN_DOWN_ON_REQUEST
    if not facts.redacted and all_invented(facts):
        return INVENTED_DATA
    if not facts.redacted:
        return PERSONAL_DATA + TAKEN_DOWN_ON_REQUEST
    whole = sum(facts.documents.values())
    some = "" if facts.redacted == whole else f" in {facts.redacted:,} of {whole:,} documents"
    return f"**Redacted{some}**: {REDACTED_DATA}{TAKEN_DOWN_ON_REQUEST}"
