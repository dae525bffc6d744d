"""What a search leaves behind: every member's history, every copy, and the winner's schedule."""

from __future__ import annotations

import math
from typing import Any

from gonerd.errors import CheckError
from gonerd_baselines.search.ledger import Ledger

__all__ = ["schedule_of", "search_record", "winner_of"]


def winner_of(ledger: Ledger, *, metric: str) -> int:
    """The member that ends with the best evaluation; of equal ones the one that ends best, then the first.

    What a member had before it copied another is gone, though it may have been better in its time.

    Raises:
        CheckError: no member was ever evaluated.
    """
    last = len(ledger.slices) - 1
    ranks: dict[int, tuple[float, float]] = {}
    for (number, member), result in ledger.results.items():
        if number == last and result["best"] is not None:
            ends = -math.inf if result["metrics"] is None else result["metrics"][metric]
            ranks[member] = (result["best"]["metrics"][metric], ends)
    if not ranks:
        raise CheckError("no member of the population has a finite loss; --force begins anew")
    return max(sorted(ranks), key=lambda member: ranks[member])


def schedule_of(ledger: Ledger, member: int) -> list[dict[str, Any]]:
    """The training of what `member` holds at the end: by slice who trained it, to which step, and how.

    A single training with these hyperparameters in turn comes to the same weights.
    """
    made: list[dict[str, Any]] = []
    step = 0
    for number, trained in enumerate(ledger.lineage(member, len(ledger.slices) - 1)):
        begin, result = ledger.begin_of(trained, number), ledger.results[number, trained]
        made.append(
            {
                "slice": number,
                "member": trained,
                "from_step": step,
                "to_step": result["step"],
                "metrics": result["metrics"],
                "hyperparameters": begin["hyperparameters"],
            }
        )
        step = result["step"]
    return made


def search_record(ledger: Ledger, *, winner: int) -> dict[str, Any]:
    """JSON values: "members", "exploits" and "winner"."""
    last = len(ledger.slices) - 1
    members = [
        {
            "member": member,
            "history": [
                {
                    "slice": number,
                    **ledger.begin_of(member, number),
                    **{
                        key: value
                        for key, value in ledger.results[number, member].items()
                        if key not in ("slice", "member")
                    },
                }
                for number in range(last + 1)
            ],
        }
        for member in range(len(ledger.slices[0]["begins"]))
    ]
    best = ledger.results[last, winner]["best"]
    return {
        "members": members,
        "exploits": [each for opened in ledger.slices for each in opened["exploits"]],
        "winner": {
            "member": winner,
            "best": best,
            "schedule": schedule_of(ledger, winner),
        },
    }
