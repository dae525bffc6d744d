"""A training between two steps, as one file: what goes on from it takes the very same steps."""

from __future__ import annotations

import errno
import os
import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from gonerd.errors import InputError, OutputError

__all__ = ["CHANGEABLE", "read_state", "require_same", "write_state"]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where no more bytes can be written."""

CHANGEABLE = ("learning_rate", "clip", "save_seconds", "log_steps", "patience", "precision")
"""Settings that may differ when a training goes on: what helps after a loss that is not finite."""


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the file at once; a full disk leaves the earlier one.

    Raises:
        OutputError: the disk is full.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as out:
            torch.save(dict(state), out)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    except (OSError, RuntimeError) as problem:
        full = isinstance(problem, OSError) and problem.errno in FULL
        partial.unlink(missing_ok=True)
        # torch's writer tells a disk without room by an error of its own.
        if full or "PytorchStreamWriter failed" in str(problem):
            raise OutputError(
                f"{path} can't be written, the disk is full; make room, and the same command goes on"
            ) from None
        raise


def read_state(path: Path) -> dict[str, Any]:
    """What `write_state` wrote; nothing but tensors and plain values is read.

    Raises:
        InputError: the file is broken.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (
        OSError,
        RuntimeError,
        EOFError,
        ValueError,
        LookupError,
        pickle.UnpicklingError,
    ) as problem:
        reason = " ".join(str(problem).split())[:120]
        raise InputError(
            f"{path} is no whole state of a training ({reason}); --force begins anew"
        ) from None
    if not isinstance(state, dict):
        raise InputError(f"{path} is no state of a training; --force begins anew")
    return state


def require_same(
    asked: Mapping[str, Any],
    begun: Mapping[str, Any],
    work: Path,
    *,
    changeable: Collection[str] = CHANGEABLE,
) -> None:
    """Refuse to go on with a training that was begun otherwise.

    Both map names to JSON values; within "training", those of `changeable` may differ.

    Raises:
        OutputError: something differs.
    """
    differing = []
    for name in sorted(set(asked) | set(begun)):
        here, there = asked.get(name), begun.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            keys = sorted(set(here) | set(there))
            free = changeable if name == "training" else ()
            differing += [k for k in keys if here.get(k) != there.get(k) and k not in free]
        elif here != there:
            differing.append(name)
    if differing:
        raise OutputError(
            f"{work} holds an unfinished training with another {' and '.join(differing)}; "
            "ask for the same to go on with it, or --force to begin anew"
        )
