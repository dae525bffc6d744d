"""The labels of GONERD, their subtypes, and the nine BIO tags in their fixed order."""

from __future__ import annotations

__all__ = ["LABELS", "SUBTYPES", "TAGS", "TAG_IDS"]

LABELS = ("PER", "ORG", "LOC", "MISC")

SUBTYPES = {"MISC": ("AGE", "ADDRESS", "PHONE")}
"""What annotators choose below a label; MISC is these and nothing else (arXiv 2311.13657, A.2)."""

TAGS = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
"""The ClassLabel names of `ner_tags`; a tag's id is its place here."""

TAG_IDS = {tag: number for number, tag in enumerate(TAGS)}
