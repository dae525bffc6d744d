"""What a folder of tokens says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import read_json

__all__ = ["FORMAT", "MANIFEST", "OFFSETS", "PIECES", "TokenManifest", "read_manifest"]

FORMAT = 1
"""Version of the folder's form."""

MANIFEST = "manifest.json"
OFFSETS = "offsets.bin"
PIECES = "pieces.bin"


@dataclass(frozen=True, slots=True)
class TokenManifest:
    """The fields of manifest.json that reading goes by; `record` is all of it."""

    documents: int
    """Rows: texts, or pieces of them."""
    tokens: int
    longest: int
    """Tokens of the longest row."""
    vocabulary: int
    special: dict[str, int]
    tokenizer: str
    """As it was asked for."""
    tokenizer_sha256: str
    type: str
    files: dict[str, tuple[int, str]]
    """Bytes and SHA-256 by name, token files first and in order."""
    record: dict[str, Any]


def read_manifest(folder: Path) -> TokenManifest:
    """The manifest of a folder that `gonerd tokenize` wrote.

    Raises:
        InputError: it is missing, of another version, or broken; one sentence says which.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"{folder} holds no tokens: it has no {MANIFEST} of 'gonerd tokenize'")
    record = read_json(path)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        found = record.get("format") if isinstance(record, dict) else None
        raise InputError(f"{path}: found format {found!r}, expected {FORMAT}")
    try:
        manifest = TokenManifest(
            documents=_whole(record["documents"]),
            tokens=_whole(record["tokens"]),
            longest=_whole(record["longest"]),
            vocabulary=_whole(record["vocabulary"]),
            special={str(name): _whole(id_) for name, id_ in record["special"].items()},
            tokenizer=str(record["tokenizer"]["name"]),
            tokenizer_sha256=str(record["tokenizer"]["sha256"]),
            type=str(record["type"]),
            files={str(f["name"]): (_whole(f["bytes"]), str(f["sha256"])) for f in record["files"]},
            record=record,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise InputError(f"{path} is damaged: {type(problem).__name__} at {problem}") from None
    if manifest.type not in ("<u2", "<u4") or not {OFFSETS, PIECES} <= manifest.files.keys():
        raise InputError(f"{path} is damaged: it names no {OFFSETS}, no {PIECES} or no type")
    return manifest


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(repr(value))
    return value
