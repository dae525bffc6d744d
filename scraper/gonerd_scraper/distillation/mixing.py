"""A mix of text corpora as files: documents and a report of what went in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gonerd.console import counted
from gonerd.errors import InputError
from gonerd.files import folder_to_write, require_folder_to_write, write_json
from gonerd.records import write_documents
from gonerd.schema import Document
from gonerd_scraper.distillation.mixes import Mix, PartSize, parts_of

__all__ = ["summary_of_mix", "write_mix"]


def write_mix(mix: Mix, out: Path, *, compress: bool = True, force: bool = False) -> dict[str, Any]:
    """Write the documents of `mix` into the folder `out`, whole or not at all; return the report.

    Raises:
        GonerdError: as `read_mix`; no document was drawn.
        OutputError: `out` exists and `force` is off.
    """
    given = [path for paths in mix.paths.values() for path in paths]
    require_folder_to_write(out, overwrite=force, inputs=given)
    with folder_to_write(out, overwrite=force) as folder:
        sizes = mix.measure()
        file = "documents.jsonl.zst" if compress else "documents.jsonl"
        drawn = _Drawn()
        write_documents(folder / file, drawn.noted(mix.draw(sizes)))
        if not drawn.documents:
            raise InputError(
                f"mix {mix.name}: {mix.characters} characters are too few for a document"
            )
        report = {
            "schema_version": 1,
            "mix": "+".join(parts_of(mix.name)),
            "file": file,
            "seed": mix.seed,
            "documents": sum(drawn.documents.values()),
            "characters": sum(drawn.characters.values()),
            "asked": {
                "shares": None if mix.shares is None else dict(mix.shares),
                "characters": mix.characters,
                "book_unit": mix.book_unit,
            },
            "parts": {part: drawn.record(part, size) for part, size in sizes.items()},
        }
        write_json(folder / "report.json", report)
    return report


def summary_of_mix(report: Mapping[str, Any], out: Path) -> str:
    """The report for a person."""
    parts = ", ".join(
        f"{name} {part['share']:.1%} ({part['documents']:,} of {part['available_documents']:,})"
        for name, part in report["parts"].items()
    )
    return (
        f"{counted(report['documents'], 'document')}, {report['characters']:,} characters: "
        f"{out / report['file']}\nshares of the characters: {parts}"
    )


class _Drawn:
    """Counts what goes by, by part."""

    def __init__(self) -> None:
        self.documents = Counter[str]()
        self.characters = Counter[str]()

    def noted(self, drawn: Iterator[tuple[str, Document]]) -> Iterator[Document]:
        for part, document in drawn:
            self.documents[part] += 1
            self.characters[part] += len(document.text)
            yield document

    def record(self, part: str, size: PartSize) -> dict[str, Any]:
        return {
            "documents": self.documents[part],
            "characters": self.characters[part],
            "share": round(self.characters[part] / max(1, sum(self.characters.values())), 6),
            "available_documents": size.documents,
            "available_characters": size.characters,
            "taken_down": size.taken_down,
        }
