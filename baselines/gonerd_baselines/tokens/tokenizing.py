"""Texts tokenized once, into a folder of memory-mapped numbers."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from gonerd.errors import ConfigError, InputError
from gonerd.files import (
    file_sha256,
    folder_to_write,
    only_run_in,
    read_json,
    require_folder_to_write,
    write_json,
)
from gonerd.machine import gonerd_version
from gonerd_baselines.tokens.chunk import Chunk, read_chunk, texts_sha256, token_type
from gonerd_baselines.tokens.encoding import FIRST, TextEncoder, text_encoder
from gonerd_baselines.tokens.encoding_processes import ChunkTask, encode_chunks
from gonerd_baselines.tokens.manifest import FORMAT, MANIFEST, OFFSETS, PIECES
from gonerd_baselines.tokens.texts import TextSource, Unit, text_sources

__all__ = ["CHUNK", "SHARD", "tokenize_texts"]

SHARD = 1 << 28
"""Tokens of a file; half a GB with two bytes each."""

CHUNK = 1 << 20
"""Characters of the texts that are one piece of work."""

PLAN = "plan.json"
WHOLE = "whole"


def tokenize_texts(
    names: Sequence[str | Path],
    out: Path,
    *,
    tokenizer: str,
    processes: int = 1,
    max_len: int | None = None,
    unit: Unit = "block",
    shard: int = SHARD,
    chunk: int = CHUNK,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Tokenize the texts of `names` into the folder `out`, and return its manifest.

    The bytes depend on neither `processes` nor interruptions: work lies in OUT.work by chunks, those that are
    whole and of the same texts are kept by the next run. Memory is that of a few chunks a process and of the
    longest text. The disk holds the tokens twice until the end.

    Raises:
        InputError: a source or the tokenizer is missing or broken, or there is no text.
        ConfigError: OUT.work was begun with other settings.
        OutputError: `out` exists already, another run works in OUT.work, or a process was lost.
    """
    require_folder_to_write(out, overwrite=overwrite, inputs=[n for n in names if str(n) != "-"])
    encoder = text_encoder(tokenizer, max_len=max_len)
    sources = text_sources(names)
    work = out.with_name(f"{out.name}.work")
    work.mkdir(parents=True, exist_ok=True)
    with only_run_in(work):
        _begin(work, _plan(encoder, unit, chunk), overwrite=overwrite)
        reading = _Reading(sources, unit, chunk, work)
        try:
            encode_chunks(reading.tasks(), encoder, processes=processes)
        finally:
            if not any(work.glob("*.chunk")):  # nothing that another run could go on with
                shutil.rmtree(work)
        if not reading.chunks:
            raise InputError(f"{', '.join(map(str, names))}: no text to tokenize")
        manifest = _write_whole(reading, encoder, work / WHOLE, shard)
        with folder_to_write(out, overwrite=overwrite) as folder:
            for path in sorted((work / WHOLE).iterdir()):
                path.rename(folder / path.name)
        shutil.rmtree(work)
    return manifest


def _write_whole(
    reading: _Reading, encoder: TextEncoder, whole: Path, shard: int
) -> dict[str, Any]:
    with folder_to_write(whole, overwrite=True) as folder:
        files = _assemble(reading.paths(), folder, token_type(encoder.vocabulary), shard)
        manifest = {
            "format": FORMAT,
            "gonerd": gonerd_version(),
            **encoder.as_json(),
            "unit": reading.unit,
            "type": token_type(encoder.vocabulary),
            **files,
            "inputs": reading.inputs,
        }
        write_json(folder / MANIFEST, manifest)
    return manifest


def _plan(encoder: TextEncoder, unit: Unit, chunk: int) -> dict[str, Any]:
    return {"format": FORMAT, **encoder.as_json(), "unit": unit, "chunk": chunk}


def _begin(work: Path, plan: dict[str, Any], *, overwrite: bool) -> None:
    path = work / PLAN
    found = read_json(path) if path.is_file() else None
    if found is not None and found != plan:
        if not overwrite:
            other = found if isinstance(found, dict) else {}
            names = [key for key in plan if other.get(key) != plan[key]]
            raise ConfigError(
                f"{work} was begun with another {', '.join(names)}; go on with the same, or --force to "
                "begin anew"
            )
        for chunk in work.glob("*.chunk"):
            chunk.unlink()
        path.unlink()
    for left in work.glob("*.partial"):  # of one that was killed
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
    if not path.is_file():
        write_json(path, plan)


class _Reading:
    """The texts on their way into chunks, counted by source."""

    def __init__(self, sources: list[TextSource], unit: Unit, size: int, work: Path) -> None:
        self.sources = sources
        self.unit = unit
        self.size = size
        self.work = work
        self.chunks = 0
        self.inputs: list[dict[str, Any]] = []

    def tasks(self) -> Iterator[ChunkTask]:
        """Yield the chunks that are not there yet."""
        held: list[str] = []
        characters = 0
        for text in self._texts():
            held.append(text)
            characters += len(text)
            if characters >= self.size:
                yield from self._task(held)
                held, characters = [], 0
        if held:
            yield from self._task(held)

    def paths(self) -> Iterator[Path]:
        """The files of all chunks, in order."""
        return (self._path(number) for number in range(self.chunks))

    def _path(self, number: int) -> Path:
        return self.work / f"{number:08d}.chunk"

    def _task(self, texts: list[str]) -> Iterator[ChunkTask]:
        sha256 = texts_sha256(texts)
        path = self._path(self.chunks)
        self.chunks += 1
        done = read_chunk(path)
        if done is None or done.texts != sha256:
            yield ChunkTask(path, texts, sha256)

    def _texts(self) -> Iterator[str]:
        for source in self.sources:
            total = hashlib.sha256()
            number = characters = 0
            for text in source.texts(unit=self.unit):
                number += 1
                characters += len(text)
                if not source.is_file:
                    total.update(bytes.fromhex(texts_sha256([text])))
                yield text
            self.inputs.append(
                {
                    "name": source.name,
                    "texts": number,
                    "characters": characters,
                    "sha256": file_sha256(Path(source.name))
                    if source.is_file
                    else total.hexdigest(),
                    "sha256_of": "file" if source.is_file else "texts",
                }
            )


def _assemble(paths: Iterator[Path], folder: Path, kind: str, limit: int) -> dict[str, Any]:
    """Write the chunks one after another: token files, offsets and pieces, each with its hash."""
    import numpy as np

    total = longest = texts = empty = cut = 0
    shards: list[dict[str, Any]] = []
    shard: _HashedFile | None = None
    with _HashedFile(folder / OFFSETS) as offsets, _HashedFile(folder / PIECES) as pieces:
        offsets.write(np.zeros(1, "<i8").tobytes())
        try:
            for path in paths:
                chunk = _required(path, kind)
                if shard is not None and shard.size // chunk.tokens.itemsize >= limit:
                    shards.append(shard.closed())
                    shard = None
                if shard is None:
                    shard = _HashedFile(folder / f"tokens-{len(shards):05d}.bin")
                shard.write(chunk.tokens.tobytes())
                offsets.write((total + np.cumsum(chunk.lengths)).astype("<i8").tobytes())
                pieces.write(chunk.pieces.tobytes())
                total += len(chunk.tokens)
                longest = max(longest, int(chunk.lengths.max(initial=0)))
                begun = int((chunk.pieces <= FIRST).sum())
                cut += int((chunk.pieces == FIRST).sum())
                texts, empty = texts + begun, empty + chunk.empty
        finally:
            if shard is not None:
                shards.append(shard.closed())
        documents = pieces.size
    if not total:
        raise InputError("the texts hold no token")
    return {
        "documents": documents,
        "tokens": total,
        "longest": longest,
        "texts": texts,
        "texts_cut": cut,
        "texts_empty": empty,
        "files": [*shards, offsets.closed(), pieces.closed()],
    }


def _required(path: Path, kind: str) -> Chunk:
    chunk = read_chunk(path)
    if chunk is None or chunk.tokens.dtype != kind:
        raise InputError(f"{path} is not as it was written; run the same command again")
    return chunk


class _HashedFile:
    """A new file, its size and the SHA-256 of what was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.total = hashlib.sha256()
        self.stream: BinaryIO = path.open("wb")

    def write(self, data: bytes) -> None:
        self.stream.write(data)
        self.total.update(data)
        self.size += len(data)

    def closed(self) -> dict[str, Any]:
        if not self.stream.closed:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()
        return {"name": self.path.name, "bytes": self.size, "sha256": self.total.hexdigest()}

    def __enter__(self) -> _HashedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
