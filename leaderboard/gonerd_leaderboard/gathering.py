"""The entries of a page: every submission checked, its script written, on several cores."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gonerd.errors import CheckError
from gonerd.machine import take_one_thread
from gonerd_leaderboard.drawer import drawer_key, drawer_script
from gonerd_leaderboard.entry import CheckedPlace, Entry, places_below, splits_in, unread_place
from gonerd_leaderboard.gold import Gold, GoldShelf
from gonerd_leaderboard.verified import SELF_REPORTED, Proof

__all__ = ["Plan", "gathered"]

AT_ONCE = 16
"""Submissions that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What entries are made with, and where their scripts go."""

    out: Path
    """A folder that is there; the scripts are named by their keys."""
    shelf: GoldShelf
    """Where gold may be found."""
    proofs: Mapping[str, Proof] | None = None
    """A proof counts where the bytes are those of which it was found, on the gold that is at hand."""
    before: Path | None = None
    """Scripts of an earlier page: those with the same key are taken over, their predictions not read."""


def gathered(submissions: Path, plan: Plan, *, processes: int | None = None) -> Iterator[Entry]:
    """Yield the entries below `submissions` in order of their places; nothing in them is run.

    `processes` share the work; None takes all cores.

    Raises:
        InputError: there is no such folder, or a link, a strange file or a broken one.
        SchemaError: a field has the wrong form; the message names file and field.
        CheckError: files contradict each other or the gold, or a submission stands in another's place.
    """
    places = list(places_below(submissions))
    count = min(processes or len(os.sched_getaffinity(0)), max(1, len(places) // AT_ONCE))
    if count == 1:
        for place in places:
            yield _entry(place, plan)
        return
    for split in splits_in(places):  # read once here, so that the processes begin with it
        plan.shelf.named(*split)
    with ProcessPoolExecutor(count, initializer=_begin, initargs=(plan,)) as pool:
        yield from pool.map(_entry_of_this_process, places, chunksize=AT_ONCE)


def _entry(place: Path, plan: Plan) -> Entry:
    checked = unread_place(place)
    result = checked.run.result
    gold = plan.shelf.of(result.dataset)
    tier = _tier(checked, plan.proofs or {}, gold)
    key = drawer_key(checked, tier, gold)
    path = plan.out / f"{key}.js"
    before = plan.before / path.name if plan.before is not None else None
    if before is not None and before.is_file():
        _take_over(before, path)
    else:
        path.write_text(drawer_script(key, checked, gold, where=place), encoding="ascii")
    return Entry(checked.id, key, checked.card, result, tier)


def _tier(checked: CheckedPlace, proofs: Mapping[str, Proof], gold: Gold | None) -> str:
    proof = proofs.get(checked.id)
    if proof is None or proof.digests != checked.run.digests:
        return SELF_REPORTED
    return proof.tier if gold is None or proof.gold_sha256 == gold.sha256 else SELF_REPORTED


def _take_over(before: Path, path: Path) -> None:
    try:
        os.link(before, path)
    except OSError:  # another file system, or one without links
        shutil.copyfile(before, path)


_at_work: Plan | None = None
"""Of this process."""


def _begin(plan: Plan) -> None:
    global _at_work
    take_one_thread()
    _at_work = plan


def _entry_of_this_process(place: Path) -> Entry:
    if _at_work is None:
        raise CheckError("a process that gathers entries has no plan")
    return _entry(place, _at_work)
