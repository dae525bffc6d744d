"""Where a text holds a given answer, for data that says what the answer is and not where it stands."""

from __future__ import annotations

import re
from collections.abc import Collection

from gonerd_baselines.tasks.qa.question import Place

__all__ = ["occurrences"]


def occurrences(
    text: str,
    answers: Collection[str],
    *,
    ignore_case: bool = False,
    whole_words: bool = True,
    at_most: int | None = None,
) -> tuple[Place, ...]:
    """The places of any of `answers`, from left to right, none within another.

    Of several that begin at the same character the longest counts. White space of an answer matches any.
    With `whole_words`, no letter, digit or underscore continues an answer before or behind it.
    """
    wanted = {" ".join(answer.split()) for answer in answers} - {""}
    if not wanted:
        return ()
    longest_first = sorted(wanted, key=lambda answer: (-len(answer), answer))
    pattern = "|".join(r"\s+".join(map(re.escape, answer.split())) for answer in longest_first)
    # An answer may itself begin or end in a sign: a border is needed only where two word characters meet.
    if whole_words:
        pattern = rf"(?:(?<!\w)|(?!\w))(?:{pattern})(?:(?!\w)|(?<!\w))"
    found = []
    for match in re.finditer(pattern, text, re.IGNORECASE if ignore_case else 0):
        found.append(match.span())
        if len(found) == at_most:
            break
    return tuple(found)
