"""A device's attention backends checked, and timed against each other, in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.errors import CheckError
from gonerd.files import require_file_to_write, write_json
from gonerd.machine import environment
from gonerd_baselines.bench.checking import KINDS
from gonerd_baselines.bench.device import usual_of
from gonerd_baselines.bench.process import Workers, workers

__all__ = ["RESULT", "check_device", "checks_of", "require_right", "wrong_checks"]

RESULT = "check.json"

SWEPT = ("full", "longformer")
"""Kinds of patterns that the sweep times."""

AT_ONCE = 4
"""Kinds of patterns that are checked beside each other on a GPU: most of their time is spent compiling."""


def check_device(
    device: str,
    attention_backend: str,
    *,
    swept: tuple[int, int] | None = None,
    lengths: Sequence[int] | None = None,
    out: Path | None = None,
    force: bool = False,
    command: Sequence[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The checks, and with `swept` (documents, tokens) seconds by backend and block size.

    Args:
        device: where.
        attention_backend: this one only, or "auto" for all that the device has.
        swept: the sweep is left out where a check of its patterns fails, and without it.
        lengths: of the documents that are checked; the device's usual ones without.
        out: a folder for `check.json`.
        force: replace it.
        command: what was typed, for the result.
        note: told of each part.

    Raises:
        OutputError: `check.json` exists.
        CheckError: the process of a part failed as a whole.
    """
    if out is not None:
        require_file_to_write(out / RESULT, overwrite=force)
    with workers(device) as processes:
        note(f"checking attention backends on {device}")
        checks = checks_of(device, attention_backend, processes, lengths=lengths, note=note)
        result = {
            "what": "gonerd bench --check",
            "command": list(command),
            "device": device,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": environment(),
            "checks": checks,
            "sweep": [],
        }
        if out is not None:  # before the sweep, which may be cut short
            write_json(out / RESULT, result, overwrite=force)
        if swept is not None and not _wrong_of(SWEPT, checks):
            note(f"timing attention backends on {swept[0]} x {swept[1]:,} tokens")
            order = {"what": "sweep", "device": device, "documents": swept[0], "length": swept[1]}
            result["sweep"] = _answer(processes, order)["sweep"]
    if out is not None:
        write_json(out / RESULT, result, overwrite=True)
    return result


def checks_of(
    device: str,
    attention_backend: str,
    processes: Workers,
    *,
    lengths: Sequence[int] | None = None,
    kinds: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    as_timed: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """The differences from dense attention, a process for each of the `kinds` of patterns, as `check` has it.

    A process that fails as a whole is a check that failed: a kernel may take it with it.
    """
    order: dict[str, Any] = {
        "what": "check",
        "device": device,
        "attention_backend": attention_backend,
        "lengths": lengths,
        "as_timed": as_timed,
    }
    order |= {} if dtypes is None else {"dtypes": list(dtypes)}

    def one(kind: str) -> list[dict[str, Any]]:
        answer = processes.do(order | {"kinds": [kind]}, seconds=usual_of(device).longest)
        if answer["status"] == "done":
            found: list[dict[str, Any]] = answer["checks"]
        else:
            said = {"pattern": kind, "backend": "?", "dtype": "?", "said": answer["error"]}
            found = [said | {"verdict": "wrong"}]
        wrong = wrong_checks(found)
        note(f"{kind}: {f'{len(wrong)} WRONG of ' if wrong else ''}{len(found)} checks")
        return found

    at_once = AT_ONCE if device.startswith("cuda") else 1
    with ThreadPoolExecutor(at_once) as threads:
        parts = threads.map(one, KINDS if kinds is None else kinds)
        return [each for part in parts for each in part]


def require_right(checks: Sequence[dict[str, Any]]) -> None:
    """Stop where a backend is wrong.

    Raises:
        CheckError: some check failed.
    """
    wrong = wrong_checks(checks)
    if wrong:
        first = wrong[0]
        raise CheckError(
            f"{len(wrong)} of {len(checks)} checks of attention backends failed, the first: "
            f"{first['pattern']} by {first['backend']} in {first['dtype']}: {first['said']}"
        )


def _wrong_of(kinds: Sequence[str], checks: Sequence[dict[str, Any]]) -> bool:
    return any(each["pattern"].partition(",")[0] in kinds for each in wrong_checks(checks))


def wrong_checks(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose backend computes something else than dense attention, or breaks."""
    return [each for each in checks if each["verdict"] == "wrong"]


def _answer(processes: Workers, order: dict[str, Any]) -> dict[str, Any]:
    found = processes.do(order, seconds=usual_of(order["device"]).longest)
    if found["status"] != "done":
        raise CheckError(f"the {order['what']} of attention backends failed: {found['error']}")
    return found
