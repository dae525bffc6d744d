"""The comparison of documents with and without pre-annotation, for people."""

from __future__ import annotations

from typing import Any

from gonerd.console import counted, note

__all__ = ["note_halves"]


def note_halves(comparison: dict[str, Any] | None) -> None:
    """Both halves in counts; nothing where no task records what its annotator was shown."""
    if comparison is None:
        return
    for name, half in comparison.items():
        per, lead = half["entities_per_1000_words"], half["lead_time_seconds"]
        note(
            f"{name} pre-annotation: {half['imported']:,} of {counted(half['tasks'], 'task')} annotated, "
            f"{half['entities']:,} entities in {half['words']:,} words"
            + (f" ({per:g} per 1,000)" if per is not None else "")
            + (
                f", median lead time {lead['median']:g} s of {lead['documents']:,}"
                if lead["median"] is not None
                else ""
            )
        )
    told = comparison["with"]["predictions"]
    if told["documents"]:
        note(
            f"of {told['predicted']:,} predictions {told['stayed']:,} stayed, "
            f"{told['relabelled']:,} got another label, {told['moved']:,} moved, "
            f"{told['removed']:,} went; {told['added']:,} entities were added"
        )
    if told["documents_without_record"]:
        note(
            f"of {counted(told['documents_without_record'], 'document')} the export does not say "
            "what was predicted"
        )
