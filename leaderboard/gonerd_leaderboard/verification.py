"""What can be told of submissions: refused with the reason, or how far their scores were proven."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from gonerd.errors import CheckError, GonerdError
from gonerd.machine import take_one_thread
from gonerd_leaderboard.entry import places_below, splits_in, unread_place
from gonerd_leaderboard.gold import Gold, GoldShelf
from gonerd_leaderboard.rerunning import UnnamedModelError, rerun
from gonerd_leaderboard.rescoring import Rescoring
from gonerd_leaderboard.result import DatasetRef
from gonerd_leaderboard.submission import CARD, Run, read_predictions, unread_run
from gonerd_leaderboard.verified import RERUN, RESCORED, SELF_REPORTED, Proof

__all__ = ["Rerunning", "Verdict", "agreeing", "verdicts", "verify"]

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
    dataset: DatasetRef | None = None
    """What it says of it; None if it is refused."""

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
    folder: Path,
    shelf: GoldShelf,
    *,
    name: str = "",
    again: Rerunning | None = None,
    known: Proof | None = None,
) -> Verdict:
    """Check the run or submission in `folder`, and score it again where `shelf` has its gold.

    What is wrong with it is the verdict, never an exception; nothing in it is run. With `again` its model
    is evaluated, too. What `known` proves of these very bytes on the same gold is not found again.
    """
    place = name or str(folder)
    rescoring = Rescoring(shelf)
    try:
        if (folder / CARD).is_symlink() or (folder / CARD).exists():
            run = unread_place(folder).run
        else:
            run = unread_run(folder)
        holds = known is not None and _still_proves(known, run, shelf)
        if known is not None and holds and again is None:
            proven = known.tier != SELF_REPORTED
            return Verdict(
                place,
                known.tier,
                "" if proven else _no_gold(run.result.dataset, shelf),
                known,
                run.result.dataset,
            )
        read_predictions(run, folder, reader=rescoring)
        if rescoring.gold is not None:
            rescoring.require_same(run, str(folder))
        tier, reason = RESCORED, ""
        if rescoring.gold is None:
            tier, reason = SELF_REPORTED, _no_gold(run.result.dataset, shelf)
        elif again is not None:
            tier, reason = _run_again(run, rescoring.gold, again, str(folder))
            if known is not None and holds and known.tier == RERUN:
                tier = RERUN  # somebody who has the model ran it
    except GonerdError as problem:
        return Verdict(place, reason=str(problem))
    gold_sha256 = rescoring.gold.sha256 if rescoring.gold is not None else ""
    proof = Proof(tier, *run.digests, gold_sha256)
    return Verdict(place, tier, reason, proof, run.result.dataset)


def verdicts(
    submissions: Path,
    datasets: Sequence[str],
    *,
    processes: int | None = None,
    again: Rerunning | None = None,
    known: Mapping[str, Proof] = MappingProxyType({}),
) -> Iterator[Verdict]:
    """One verdict for each submission below `submissions`, in the order of their places.

    Args:
        submissions: a folder that `gonerd submit --to` has filled.
        datasets: where the gold may be found, as `GoldShelf` takes them.
        processes: how many share the work; None takes all cores. One model runs at a time, whatever it is.
        again: run the models, too.
        known: proofs by place, of this version; what they prove of the same bytes on the same gold holds.

    Raises:
        InputError: there is no such folder or dataset, or something in it that belongs to no submission.
    """
    shelf = GoldShelf(datasets)  # what is missing is told before a process begins
    places = list(places_below(submissions))
    count = min(processes or len(os.sched_getaffinity(0)), max(1, len(places) // AT_ONCE))
    if count == 1 or again is not None:
        for place in places:
            name = _name(place)
            yield verify(place, shelf, name=name, again=again, known=known.get(name))
        return
    for split in splits_in(places):  # read once here, so that the processes begin with it
        shelf.named(*split)
    with ProcessPoolExecutor(count, initializer=_begin, initargs=(shelf, dict(known))) as pool:
        yield from pool.map(_verdict, places, chunksize=AT_ONCE)


def agreeing(found: Sequence[Verdict]) -> list[Verdict]:
    """The same verdicts; refused is who says other things of a dataset than who is proven, else the first."""
    right: dict[tuple[bool, str, str, str, str], Verdict] = {}
    for each in sorted(found, key=lambda verdict: verdict.tier == SELF_REPORTED):
        if each.dataset is not None:
            right.setdefault(each.dataset.board, each)
    return [
        each
        if each.dataset is None or each.dataset == (of := right[each.dataset.board]).dataset
        else Verdict(
            each.place,
            reason=f"{each.place}: its dataset has the split hash of {of.place} but other counts, notes or "
            "name",
        )
        for each in found
    ]


def _still_proves(known: Proof, run: Run, shelf: GoldShelf) -> bool:
    """Whether a proof is of the run's bytes, and of the gold that is at hand now, or of none as now."""
    if known.digests != run.digests:
        return False
    gold = shelf.of(run.result.dataset)
    if gold is None:
        return known.tier == SELF_REPORTED
    return known.tier != SELF_REPORTED and known.gold_sha256 == gold.sha256


def _run_again(run: Run, gold: Gold, again: Rerunning, where: str) -> tuple[str, str]:
    """How far that proves it, and what was found."""
    try:
        found = rerun(run, gold, model=again.model, device=again.device)
    except UnnamedModelError as problem:
        return RESCORED, f"not run again: {problem}"
    except GonerdError as problem:
        raise CheckError(f"{where}: {problem}") from None
    if found.distance > again.tolerance:
        raise CheckError(f"{where}: {found}, more than {100 * again.tolerance:g} points apart")
    return RERUN, str(found)


def _no_gold(dataset: DatasetRef, shelf: GoldShelf) -> str:
    known = ", ".join(shelf.datasets) or "none was named"
    return (
        f"no dataset at hand has the split {dataset.split!r} of {dataset.id} with the hash "
        f"{dataset.split_sha256[:12]}… ({known})"
    )


_at_work: tuple[GoldShelf, Mapping[str, Proof]] | None = None
"""Of this process."""


def _begin(shelf: GoldShelf, known: Mapping[str, Proof]) -> None:
    global _at_work
    take_one_thread()
    _at_work = shelf, known


def _verdict(place: Path) -> Verdict:
    if _at_work is None:
        raise CheckError("a process of verification has no datasets")
    shelf, known = _at_work
    name = _name(place)
    return verify(place, shelf, name=name, known=known.get(name))


def _name(place: Path) -> str:
    return f"{place.parent.name}/{place.name}"
