"""The tensors of a checkpoint by name: safetensors or PyTorch's .bin, one file or several with an index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from gonerd.errors import InputError
from gonerd.files import read_json, write_json

__all__ = ["INDEX_FILE", "OLD_WEIGHTS", "SAFE_WEIGHTS", "read_tensors", "write_tensors"]

WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = f"{WEIGHTS_FILE}.index.json"
OLD_FILE = "pytorch_model.bin"

SAFE_WEIGHTS = ("model*.safetensors", INDEX_FILE)
OLD_WEIGHTS = ("pytorch_model*.bin", f"{OLD_FILE}.index.json")
"""Patterns of the files that hold weights, and of what says where each tensor is."""


def read_tensors(folder: Path) -> tuple[Path, dict[str, Tensor]]:
    """The file that names them all, and the tensors; safetensors go before .bin where both are there.

    Those of safetensors stay in the file until they are read: nothing is held twice. A .bin is opened with
    `weights_only`, so that nothing in it runs.

    Raises:
        InputError: there is no such file, one is broken or cut off, or holds more than tensors.
    """
    for name, read in ((WEIGHTS_FILE, _safetensors), (OLD_FILE, _pickled)):
        if (folder / name).is_file():
            return folder / name, read(folder / name)
        index = folder / f"{name}.index.json"
        if index.is_file():
            found: dict[str, Tensor] = {}
            for path, keys in _shards(index).items():
                held = read(path)
                for key in keys - held.keys():
                    raise InputError(f"{index}: {key} is said to be in {path.name}, which lacks it")
                found |= held
            return index, found
    raise InputError(
        f"{folder} has no weights: expected {WEIGHTS_FILE} or {OLD_FILE}, or the index of several files"
    )


def write_tensors(folder: Path, tensors: Mapping[str, Tensor], *, shard_bytes: int) -> None:
    """Write `tensors` as safetensors: one file of at most `shard_bytes`, else several and an index.

    A tensor that is larger stands in a file of its own.
    """
    from safetensors.torch import save_file

    parts: list[dict[str, Tensor]] = [{}]
    size = 0
    for key, tensor in tensors.items():
        if parts[-1] and size + tensor.nbytes > shard_bytes:
            parts.append({})
            size = 0
        parts[-1][key] = tensor.detach().cpu().contiguous()
        size += tensor.nbytes
    names = [
        f"model-{number:05}-of-{len(parts):05}.safetensors" for number in range(1, len(parts) + 1)
    ]
    if len(parts) == 1:
        names = [WEIGHTS_FILE]
    for name, part in zip(names, parts, strict=True):
        # transformers refuses safetensors that don't say for which library they are.
        save_file(part, folder / name, metadata={"format": "pt"})
    if len(parts) > 1:
        total = sum(tensor.nbytes for tensor in tensors.values())
        where = {key: name for name, part in zip(names, parts, strict=True) for key in part}
        write_json(folder / INDEX_FILE, {"metadata": {"total_size": total}, "weight_map": where})


def _shards(index: Path) -> dict[Path, set[str]]:
    """The files that an index names, and the tensors of each."""
    value = read_json(index)
    where = value.get("weight_map") if isinstance(value, dict) else None
    if (
        not isinstance(where, dict)
        or not where
        or not all(isinstance(v, str) for v in where.values())
    ):
        raise InputError(f"{index} has no weight_map that says in which file a tensor is")
    found: dict[Path, set[str]] = {}
    for key, name in where.items():
        if Path(name).name != name:
            raise InputError(f"{index}: {name!r} is no name of a file beside it")
        path = index.parent / name
        if not path.is_file():
            raise InputError(f"{index}: {name} is missing beside it")
        found.setdefault(path, set()).add(key)
    return found


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as problem:
        raise InputError(
            f"{path} is no safetensors file, or is cut off ({_first(problem)})"
        ) from None


def _pickled(path: Path) -> dict[str, Tensor]:
    try:
        held: Any = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError:
        raise InputError(
            f"{path} holds more than tensors, and would run code, or is broken; it was not opened"
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError) as problem:
        raise InputError(
            f"{path} is no file of PyTorch's, or is cut off ({_first(problem)})"
        ) from None
    if not isinstance(held, dict) or not all(
        isinstance(key, str) and isinstance(tensor, Tensor) for key, tensor in held.items()
    ):
        raise InputError(f"{path} holds something else than tensors by name")
    return dict(held)


def _first(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0].rstrip(".")[:200]
