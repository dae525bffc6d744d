"""What result.json says of a run, apart from its scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.adapters import Adapter
from gonerd.adapters.model_files import is_revision
from gonerd.errors import InputError, SchemaError
from gonerd.evaluation.cost import Cost
from gonerd.evaluation.machine_paths import public_command, without_machine_paths
from gonerd.evaluation.model_names import OWN_NAMES, ModelNames
from gonerd.evaluation.perturbing import Perturbation
from gonerd.evaluation.processes import Processes
from gonerd.evaluation.schema import SCHEMA_VERSION, require_valid_part
from gonerd.evaluation.surveying import SplitRecord
from gonerd.files import file_sha256
from gonerd.machine import environment, hardware

__all__ = [
    "artifact",
    "efficiency_record",
    "heading",
    "identity_of",
    "model_record",
]


def identity_of(
    adapter: Adapter,
    split: SplitRecord,
    perturbation: Perturbation | None,
    names: ModelNames = OWN_NAMES,
) -> dict[str, Any]:
    """What makes a run what it is: with any other, its predictions would be others.

    Raises:
        InputError: the model's revision names nothing that stays.
        SchemaError: what the adapter says can't stand in a result.
    """
    model = model_record(adapter, names)
    policy = {
        **adapter.policy.as_json(),
        # which of several GPUs it was says nothing
        "device": adapter.policy.device.partition(":")[0],
        "perturbation": perturbation.as_json() if perturbation else None,
    }
    where = f"the policy of {model['kind']}:{model['id']}"
    require_valid_part("policy", {**_json(policy, where), "processes": 1}, where)
    return {"dataset": split.as_json, "model": model, "policy": policy}


def model_record(adapter: Adapter, names: ModelNames = OWN_NAMES) -> dict[str, Any]:
    """The `model` of a result, by the `names` that are stated.

    Raises:
        InputError: the model's revision names nothing that stays, or its id is a path of this machine.
        SchemaError: what the card says can't stand in a result.
        ConfigError: a model of the Hub is given another name.
    """
    card = names.of(adapter.card)
    if not is_revision(card.revision):
        raise InputError(
            f"the revision of {card.kind}:{card.id} is {card.revision!r}, expected 40 hex digits: "
            f"a name such as main means another model tomorrow"
        )
    where = f"the card of {card.kind}:{card.id}"
    record: dict[str, Any] = _json(asdict(card), where)
    require_valid_part("model", record, where)
    said = card.id if card.teacher_id is None else f"{card.id} {card.teacher_id}"
    if said != without_machine_paths(said):
        raise InputError(
            f"{where} names a path of this machine; expected NAMESPACE/NAME, or a folder's name alone"
        )
    return record


def heading(
    identity: Mapping[str, Any],
    command: Sequence[str],
    *,
    seed: int,
    processes: Processes,
) -> dict[str, Any]:
    """The fields of a result that begin it: its name, its making, and what makes it what it is."""
    perturbation = identity["policy"]["perturbation"]
    seeds = {"bootstrap": seed} | ({"perturbation": perturbation["seed"]} if perturbation else {})
    config = json.dumps({**identity, "seeds": seeds}, sort_keys=True)
    digest = hashlib.sha256(config.encode()).hexdigest()
    now = datetime.now(UTC)
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": f"{now:%Y%m%dT%H%M%S}-{digest[:12]}",
        "created": now.isoformat(timespec="seconds"),
        "command": public_command(command),
        "config_sha256": digest,
        **identity,
        "policy": {**identity["policy"], "processes": processes.count},
        "seeds": seeds,
        "env": environment(),
        "provenance": "self_reported",
    }


def efficiency_record(
    split: SplitRecord,
    stretches: Sequence[float],
    peaks: Mapping[str, int | None],
    *,
    reread: int,
    device: str,
    starts_anew: bool,
    processes: Processes,
    cost: Cost,
) -> dict[str, Any]:
    """The `efficiency` of a result: what the split's own documents took, and the cells of `cost`."""
    seconds = sum(stretches)
    loading = "the program's start included" if starts_anew else "model loading left out"
    notes = [
        f"one pass over the split, {loading}; compare on the same hardware only",
    ]
    if len(stretches) > 1:
        parts = ", ".join(f"{part:.1f}" for part in stretches)
        notes.append(
            f"resumed {len(stretches) - 1} time{'s' if len(stretches) > 2 else ''}: {parts} s"
        )
    if processes.count > 1:
        notes.append(f"{processes.count} processes at the same time; memory is that of the largest")
    if reread:
        notes.append(
            f"memory ran out on {reread} document{'s' if reread > 1 else ''}, "
            f"which were read again with batch size 1"
        )
    if cost.note:
        notes.append(cost.note)
    return {
        "seconds": seconds,
        "documents_per_s": split.documents / seconds if seconds else 0.0,
        "tokens_per_s": split.tokens / seconds if seconds else 0.0,
        "peak_rss_mib": peaks.get("peak_rss_mib"),
        "peak_allocated_mib": peaks.get("peak_allocated_mib"),
        "peak_reserved_mib": peaks.get("peak_reserved_mib"),
        "hardware": hardware(device),
        "note": "; ".join(notes),
        "by_length": cost.as_json(),
    }


def artifact(path: Path) -> dict[str, Any]:
    """A file of the run, by name, hash and size."""
    return {"path": path.name, "sha256": file_sha256(path), "bytes": path.stat().st_size}


def _json(value: Any, where: str) -> Any:
    """`value` as a file gives it back."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as problem:
        raise SchemaError(f"{where} is no JSON: {problem}") from None
