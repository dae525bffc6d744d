"""The subtype of a MISC entity by its form, for models that tag MISC and nothing finer."""

from __future__ import annotations

import re

__all__ = ["subtype_by_form"]

AGE = re.compile(r"1?\d{1,2}(?:[- ]years?[- ](?:old|of[- ]age))?", re.IGNORECASE)
PHONE = re.compile(r"[+(]?\d[\d\s().+/\-–]*(?:,?\s*(?:ext\.?|extension|x)\s*\d+)?", re.IGNORECASE)
ADDRESS = re.compile(
    r"(?:\d[\w-]*,?\s+.*[^\W\d_]{2}.*|P\.?\s?O\.?\s+Box\b.*)", re.DOTALL | re.IGNORECASE
)

PHONE_DIGITS = 7
"""As few as a telephone number has without its area code."""


def subtype_by_form(mention: str) -> str:
    """AGE, PHONE or ADDRESS, whichever `mention` has the form of; empty where it has none of theirs."""
    if AGE.fullmatch(mention):
        return "AGE"
    if PHONE.fullmatch(mention):
        digits = sum(character.isdecimal() for character in mention)
        return "PHONE" if digits >= PHONE_DIGITS else ""
    return "ADDRESS" if ADDRESS.fullmatch(mention) else ""
