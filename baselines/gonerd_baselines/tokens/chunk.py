"""A part of the work: some texts as rows of ids, in one file that says whether it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.files import write_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gonerd_baselines.tokens.encoding import TextEncoder

__all__ = ["Chunk", "encoded_chunk", "read_chunk", "texts_sha256", "token_type", "write_chunk"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of ids one after another."""

    lengths: NDArray[np.int64]
    """(n,) tokens of each row."""
    pieces: NDArray[np.uint8]
    """(n,) what each row is of its text, see `encoding`."""
    tokens: NDArray[Any]
    """(t,) ids, little-endian."""
    empty: int
    """Texts without a token."""
    texts: str
    """SHA-256 of the texts."""


def token_type(vocabulary: int) -> str:
    """The numpy type of ids: two bytes where they suffice, little-endian everywhere."""
    return "<u2" if vocabulary <= 1 << 16 else "<u4"


def texts_sha256(texts: Sequence[str]) -> str:
    """SHA-256 of texts, each with its length before it, so that borders count."""
    total = hashlib.sha256()
    for text in texts:
        data = text.encode()
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.hexdigest()


def encoded_chunk(encoder: TextEncoder, texts: Sequence[str], *, sha256: str) -> Chunk:
    """The rows of `texts`, whose SHA-256 the caller knows."""
    import numpy as np

    kind = token_type(encoder.vocabulary)
    lengths: list[int] = []
    pieces: list[int] = []
    parts: list[NDArray[Any]] = [np.zeros(0, kind)]
    empty = 0
    for rows in encoder.rows(texts):
        empty += not rows
        for piece, ids in rows:
            lengths.append(len(ids))
            pieces.append(piece)
            parts.append(np.array(ids, kind))
    return Chunk(
        np.array(lengths, "<i8"), np.array(pieces, "u1"), np.concatenate(parts), empty, sha256
    )


def write_chunk(path: Path, chunk: Chunk) -> None:
    """Write a chunk, whole or not at all."""
    body = chunk.lengths.tobytes() + chunk.pieces.tobytes() + chunk.tokens.tobytes()
    head = {
        "rows": len(chunk.lengths),
        "type": chunk.tokens.dtype.str,
        "empty": chunk.empty,
        "texts": chunk.texts,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    write_bytes(path, json.dumps(head).encode() + b"\n" + body, overwrite=True)


def read_chunk(path: Path) -> Chunk | None:
    """The chunk of a file; None where it is not there, or not as it was written."""
    import numpy as np

    if not path.is_file():
        return None
    line, _, body = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(line)
        rows, kind = int(head["rows"]), np.dtype(head["type"])
        empty, texts = int(head["empty"]), str(head["texts"])
        whole = hashlib.sha256(body).hexdigest() == head["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    if not whole:
        return None
    return Chunk(
        np.frombuffer(body, "<i8", rows),
        np.frombuffer(body, "u1", rows, 8 * rows),
        np.frombuffer(body, kind, offset=9 * rows),
        empty,
        texts,
    )
