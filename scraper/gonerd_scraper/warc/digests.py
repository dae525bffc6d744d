"""Whether the content of a WARC record is what its digests say."""

from __future__ import annotations

import hashlib
from base64 import b16decode, b32decode, b64decode
from collections.abc import Iterable

__all__ = ["Digest", "parsed_digest"]

ALGORITHMS = {
    "md5": "md5",
    "sha1": "sha1",
    "sha-1": "sha1",
    "sha256": "sha256",
    "sha-256": "sha256",
    "sha512": "sha512",
    "sha-512": "sha512",
}


class Digest:
    """A digest that a header states, and the bytes that are checked against it piece by piece."""

    def __init__(self, algorithm: str, value: bytes) -> None:
        self.algorithm = algorithm
        self.value = value
        self._hash = hashlib.new(algorithm, usedforsecurity=False)

    def update(self, piece: bytes) -> None:
        """Take the next bytes in."""
        self._hash.update(piece)

    def fits(self) -> bool:
        """Whether the bytes so far are those that the header speaks of."""
        return self._hash.digest() == self.value

    def fits_any(self, candidates: Iterable[bytes]) -> bool:
        """Whether one of `candidates` is what the header speaks of."""
        return any(
            hashlib.new(self.algorithm, data, usedforsecurity=False).digest() == self.value
            for data in candidates
        )

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value.hex()}"


def parsed_digest(header: str) -> Digest | None:
    """The digest of a header as `sha1:BASE32`, in base 32, 16 or 64; None where it states none known."""
    name, _, text = header.strip().partition(":")
    algorithm = ALGORITHMS.get(name.strip().lower())
    text = text.strip()
    if algorithm is None or not text:
        return None
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    for decode, form in (
        (b16decode, text.upper()),
        (b32decode, text.upper() + "=" * (-len(text) % 8)),
        (b64decode, text + "=" * (-len(text) % 4)),
    ):
        try:
            value = decode(form)
        except ValueError:
            continue
        if len(value) == size:
            return Digest(algorithm, value)
    return None
