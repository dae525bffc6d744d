"""A repository of the Hub: commits, refs and files, as Git keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

__all__ = ["MAIN", "WHEN", "Commit", "Repository", "StoredFile"]

MAIN = "refs/heads/main"
WHEN = "2026-01-31T12:00:00.000Z"


@dataclass(frozen=True)
class StoredFile:
    """A file's bytes; of large ones Git itself holds only a pointer."""

    content: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def blob_id(self) -> str:
        """What Git calls the file, or its pointer."""
        size = len(self.content)
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {size}\n"
        )
        blob = pointer.encode() if self.large else self.content
        return hashlib.sha1(b"blob %d\0%s" % (len(blob), blob)).hexdigest()

    def entry(self, path: str) -> dict[str, Any]:
        """The file in a listing."""
        found = {"type": "file", "oid": self.blob_id, "size": len(self.content), "path": path}
        if self.large:
            lfs = {"oid": self.sha256, "size": len(self.content), "pointerSize": 130}
            return found | {"lfs": lfs}
        return found


@dataclass(frozen=True)
class Commit:
    files: dict[str, StoredFile]
    title: str
    parent: str | None

    @property
    def sha(self) -> str:
        names = sorted((path, file.blob_id) for path, file in self.files.items())
        return hashlib.sha1(repr((names, self.title, self.parent)).encode()).hexdigest()


@dataclass
class Repository:
    private: bool
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        attributes = StoredFile(b"*.parquet filter=lfs diff=lfs merge=lfs -text\n", large=False)
        self.commit(MAIN, {".gitattributes": attributes}, "initial commit")

    def commit(self, ref: str, files: dict[str, StoredFile], title: str) -> Commit:
        """Put `files` on top of what main is."""
        made = Commit(files, title, self.refs.get(ref, self.refs.get(MAIN)))
        self.commits[made.sha] = made
        self.refs[ref] = made.sha
        return made

    def at(self, revision: str) -> Commit | None:
        """The commit of a branch, a tag, a ref in full, or a commit's own name."""
        for ref in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            if ref in self.refs:
                return self.commits[self.refs[ref]]
        return self.commits.get(revision)

    def named(self, prefix: str) -> dict[str, str]:
        """The refs under `prefix`, by the rest of their names."""
        return {
            ref.removeprefix(prefix): sha
            for ref, sha in self.refs.items()
            if ref.startswith(prefix)
        }
