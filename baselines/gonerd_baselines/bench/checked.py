"""A device's attention backends checked, and timed against each other, in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.errors import CheckError
from gonerd.files import require_file_to_write, write_json
from gonerd.machine import environment
from gonerd_baselines.bench.process import Workers, workers

__all__ = ["RESULT", "check_device", "checks_of", "require_right"]

RESULT = "check.json"

LONGEST = 3600.0
"""Seconds after which a check is given up."""


def check_device(
    device: str,
    attention_backend: str,
    *,
    swept: tuple[int, int] | None = None,
    lengths: Sequence[int] | None = None,
    out: Path | None = None,
    force: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The checks, and with `swept` (documents, tokens) seconds by backend and block size.

    Args:
        device: where.
        attention_backend: this one only, or "auto" for all that the device has.
        swept: the sweep is left out where a check fails, and without it.
        lengths: of the documents that are checked; the device's usual ones without.
        out: a folder for `check.json`.
        force: replace it.
        note: told of each part.

    Raises:
        OutputError: `check.json` exists.
        CheckError: the process of a part failed as a whole.
    """
    if out is not None:
        require_file_to_write(out / RESULT, overwrite=force)
    with workers(device) as processes:
        note(f"checking attention backends on {device}")
        checks = checks_of(device, attention_backend, processes, lengths=lengths)
        result = {
            "what": "gonerd bench --check",
            "device": device,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": environment(),
            "checks": checks,
            "sweep": [],
        }
        if swept is not None and not _wrong(checks):
            note(f"timing attention backends on {swept[0]} x {swept[1]:,} tokens")
            order = {"what": "sweep", "device": device, "documents": swept[0], "length": swept[1]}
            result["sweep"] = _answer(processes, order)["sweep"]
    if out is not None:
        write_json(out / RESULT, result, overwrite=force)
    return result


def checks_of(
    device: str, attention_backend: str, processes: Workers, *, lengths: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """The differences of every backend from dense attention.

    Raises:
        CheckError: the process failed as a whole.
    """
    order = {
        "what": "check",
        "device": device,
        "attention_backend": attention_backend,
        "lengths": lengths,
    }
    found: list[dict[str, Any]] = _answer(processes, order)["checks"]
    return found


def require_right(checks: Sequence[dict[str, Any]]) -> None:
    """Stop where a backend is wrong.

    Raises:
        CheckError: some check failed.
    """
    wrong = _wrong(checks)
    if wrong:
        first = wrong[0]
        raise CheckError(
            f"{len(wrong)} of {len(checks)} checks of attention backends failed, the first: "
            f"{first['pattern']} by {first['backend']} in {first['dtype']}: {first['said']}"
        )


def _wrong(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in checks if each["verdict"] == "wrong"]


def _answer(processes: Workers, order: dict[str, Any]) -> dict[str, Any]:
    found = processes.do(order, seconds=LONGEST)
    if found["status"] != "done":
        raise CheckError(f"the {order['what']} of attention backends failed: {found['error']}")
    return found
