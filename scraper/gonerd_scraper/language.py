"""The language of a text, by py3langid's model, without a network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["language_of"]

READ = 20_000
"""Characters that are looked at; more changes no verdict and costs time."""


def language_of(text: str) -> tuple[str, float]:
    """ISO 639-1 code and certainty, from 0 to 1, of the language that `text` is in."""
    language, certainty = _identifier().classify(text[:READ])
    return str(language), round(float(certainty), 4)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
