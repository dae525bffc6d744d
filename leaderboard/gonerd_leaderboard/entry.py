"""The places of a submissions folder, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gonerd.errors import CheckError, GonerdError, InputError
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.fields import json_from_text
from gonerd_leaderboard.plain_file import read_plain_file
from gonerd_leaderboard.result import Result
from gonerd_leaderboard.submission import (
    FILES,
    RESULT,
    Run,
    place_of,
    read_card,
    read_predictions,
    unread_run,
)
from gonerd_leaderboard.verified import SELF_REPORTED

__all__ = ["CheckedPlace", "Entry", "checked_place", "places_below", "splits_in", "unread_place"]

BESIDE = (".gitkeep", "README.md")
"""Files that may stand beside the models."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission as the page needs it; `id` is its place, `model/revision-policy-board`."""

    id: str
    key: str
    """Names the file of its details: 20 hex digits, others where the file would hold anything else."""
    card: Card
    result: Result
    tier: str = SELF_REPORTED
    """How far its scores are proven."""


@dataclass(frozen=True, slots=True)
class CheckedPlace:
    """A submission whose files agree with each other and with where they stand."""

    id: str
    run: Run
    card: Card


def places_below(folder: Path) -> Iterator[Path]:
    """Yield the folders of the submissions below `folder`, in order, without looking into them.

    Raises:
        InputError: there is no such folder, or a link or a strange file in it.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(f"{folder} is no folder; expected one that gonerd submit --to has filled")
    for model in _folders(folder, beside=BESIDE):
        yield from _folders(model)


def checked_place(place: Path) -> CheckedPlace:
    """Read the submission in `place`, which must be the place that its result names.

    Raises:
        InputError: a file is missing, strange, a link or broken.
        SchemaError: a field has the wrong form; the message names file and field.
        CheckError: files contradict each other, or a submission stands in another's place.
    """
    checked = unread_place(place)
    read_predictions(checked.run, place)
    return checked


def unread_place(place: Path) -> CheckedPlace:
    """The same with predictions of which only the hash was checked, see `unread_run`.

    Raises:
        GonerdError: see `checked_place`.
    """
    for path in sorted(place.iterdir()):
        if path.name not in FILES:
            raise InputError(f"{path} does not belong to a submission; expected {', '.join(FILES)}")
    run = unread_run(place)
    expected = place_of(run.result)
    found = Path(place.parent.name, place.name)
    if found != expected:
        raise CheckError(f"{place}: its result.json belongs in {expected.as_posix()}")
    return CheckedPlace(found.as_posix(), run, read_card(place))


def splits_in(places: Iterable[Path]) -> set[tuple[str, str]]:
    """Name and hash of the splits that results name, unchecked: for who wants to have the gold ready.

    A result that can't be read names none; whoever checks it says why.
    """
    splits = set()
    for place in places:
        path = place / RESULT
        try:
            text = read_plain_file(path, most=FILES[RESULT]).decode()
            dataset = json_from_text(text, str(path))["dataset"]
            split, digest = dataset["split"], dataset["split_sha256"]
        except (GonerdError, OSError, UnicodeDecodeError, LookupError, TypeError):
            continue
        if isinstance(split, str) and isinstance(digest, str):
            splits.add((split, digest))
    return splits


def _folders(folder: Path, *, beside: tuple[str, ...] = ()) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            raise InputError(f"{path} is a link; submissions are plain files in plain folders")
        if path.is_dir() and not path.name.endswith(".partial"):  # one is just being written
            yield path
        elif path.is_file() and path.name not in beside and not path.name.endswith(".partial"):
            raise InputError(f"{path} is a file where a folder was expected")
