"""What can be told of submissions: refused with the reason, or how far their scores were proven."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gonerd.errors import CheckError, GonerdError
from gonerd_leaderboard.entry import checked_place, places_below
from gonerd_leaderboard.gold import Gold, GoldShelf
from gonerd_leaderboard.rerunning import rerun
from gonerd_leaderboard.rescoring import Rescoring
from gonerd_leaderboard.result import DatasetRef
from gonerd_leaderboard.submission import CARD, Run, read_run
from gonerd_leaderboard.verified import RERUN, RESCORED, SELF_REPORTED, Proof

__all__ = ["Rerunning", "Verdict", "verdicts", "verify"]

AT_ONCE = 16
"""Submissions that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one submission or run."""

    place: str
    """Its folder, as it was given or below the folder of all."""
    tier: str = ""
    """How far it is proven; empty if it is refused."""
    reason: str = ""
    """Why it is refused, or why no more is proven."""
    proof: Proof | None = None
    """None if it is refused."""

    @property
    def refused(self) -> bool:
        """Whether it has no place on a board."""
        return not self.tier


@dataclass(frozen=True, slots=True)
class Rerunning:
    """That a model is to be run again."""

    model: str | None = None
    """Where it lies; None for what the result names."""
    device: str = "cpu"
    tolerance: float = 0.001
    """How far its F1 may be from the one that is stated: other hardware rounds otherwise."""


def verify(
    folder: Path, shelf: GoldShelf, *, name: str = "", again: Rerunning | None = None
) -> Verdict:
    """Check the run or submission in `folder`, and score it again where `shelf` has its gold.

    What is wrong with it is the verdict, never an exception; nothing in it is run. With `again` its model
    is evaluated, too.
    """
    place = name or str(folder)
    rescoring = Rescoring(shelf)
    try:
        if (folder / CARD).is_symlink() or (folder / CARD).exists():
            run = checked_place(folder, reader=rescoring).run
        else:
            run = read_run(folder, reader=rescoring)
        if rescoring.gold is not None:
            rescoring.require_same(run, str(folder))
        tier, reason = RESCORED, ""
        if rescoring.gold is None:
            tier, reason = SELF_REPORTED, _no_gold(run.result.dataset, shelf)
        elif again is not None:
            tier, reason = RERUN, _run_again(run, rescoring.gold, again, str(folder))
    except GonerdError as problem:
        return Verdict(place, reason=str(problem))
    return Verdict(place, tier, reason, Proof(tier, *run.digests))


def verdicts(
    submissions: Path,
    datasets: Sequence[str],
    *,
    processes: int | None = None,
    again: Rerunning | None = None,
) -> Iterator[Verdict]:
    """One verdict for each submission below `submissions`, in the order of their places.

    Args:
        submissions: a folder that `gonerd submit --to` has filled.
        datasets: where the gold may be found, as `GoldShelf` takes them.
        processes: how many share the work; None takes all cores. One model runs at a time, whatever it is.
        again: run the models, too.

    Raises:
        InputError: there is no such folder or dataset, or something in it that belongs to no submission.
    """
    GoldShelf(datasets)  # what is missing is told before a process begins
    places = list(places_below(submissions))
    count = min(processes or len(os.sched_getaffinity(0)), max(1, len(places) // AT_ONCE))
    if count == 1 or again is not None:
        shelf = GoldShelf(datasets)
        for place in places:
            yield verify(place, shelf, name=_name(place), again=again)
        return
    with ProcessPoolExecutor(count, initializer=_begin, initargs=(datasets,)) as pool:
        yield from pool.map(_verdict, places, chunksize=AT_ONCE)


def _run_again(run: Run, gold: Gold, again: Rerunning, where: str) -> str:
    try:
        found = rerun(run, gold, model=again.model, device=again.device)
    except GonerdError as problem:
        raise CheckError(f"{where}: {problem}") from None
    if found.distance > again.tolerance:
        raise CheckError(f"{where}: {found}, more than {100 * again.tolerance:g} points apart")
    return str(found)


def _no_gold(dataset: DatasetRef, shelf: GoldShelf) -> str:
    known = ", ".join(shelf.datasets) or "none was named"
    return (
        f"no dataset at hand has the split {dataset.split!r} of {dataset.id} with the hash "
        f"{dataset.split_sha256[:12]}… ({known})"
    )


_shelf: GoldShelf | None = None
"""Of this process."""


def _begin(datasets: Sequence[str]) -> None:
    global _shelf
    _shelf = GoldShelf(datasets)


def _verdict(place: Path) -> Verdict:
    if _shelf is None:
        raise CheckError("a process of verification has no datasets")
    return verify(place, _shelf, name=_name(place))


def _name(place: Path) -> str:
    return f"{place.parent.name}/{place.name}"
