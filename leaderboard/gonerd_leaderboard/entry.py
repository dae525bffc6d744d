"""The entries of a submissions folder, each checked as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from gonerd.errors import CheckError, InputError
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.result import Result
from gonerd_leaderboard.submission import FILES, Reader, Run, place_of, read_card, read_run
from gonerd_leaderboard.verified import SELF_REPORTED, Proof

__all__ = ["CheckedPlace", "Entry", "checked_place", "entries", "places_below"]

BESIDE = (".gitkeep", "README.md")
"""Files that may stand beside the models."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission as the page needs it; `id` is its place, `model/revision-policy-board`."""

    id: str
    card: Card
    result: Result
    sizes: dict[str, int]
    """Bytes by file name."""
    tier: str = SELF_REPORTED
    """How far its scores are proven."""


@dataclass(frozen=True, slots=True)
class CheckedPlace:
    """A submission whose files agree with each other and with where they stand."""

    id: str
    run: Run
    card: Card


def entries(folder: Path, proofs: Mapping[str, Proof] = MappingProxyType({})) -> Iterator[Entry]:
    """Yield the submissions below `folder` in order of their places; nothing in them is run.

    A proof of `proofs` counts where the bytes are those of which it was found.

    Raises:
        InputError: there is no such folder, or a link, a strange file or a broken one in it.
        SchemaError: a field has the wrong form; the message names file and field.
        CheckError: files contradict each other, or a submission stands in another's place.
    """
    for place in places_below(folder):
        checked = checked_place(place)
        sizes = {name: (place / name).stat().st_size for name in FILES if (place / name).exists()}
        proof = proofs.get(checked.id)
        proven = proof is not None and checked.run.digests == (
            proof.result_sha256,
            proof.predictions_sha256,
        )
        yield Entry(
            id=checked.id,
            card=checked.card,
            result=checked.run.result,
            sizes=sizes,
            tier=proof.tier if proof is not None and proven else SELF_REPORTED,
        )


def places_below(folder: Path) -> Iterator[Path]:
    """Yield the folders of the submissions below `folder`, in order, without looking into them.

    Raises:
        InputError: there is no such folder, or a link or a strange file in it.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(f"{folder} is no folder; expected one that gonerd submit --to has filled")
    for model in _folders(folder, beside=BESIDE):
        yield from _folders(model)


def checked_place(place: Path, *, reader: Reader | None = None) -> CheckedPlace:
    """Read the submission in `place`, which must be the place that its result names.

    `reader` sees its predictions, see `read_run`.

    Raises:
        GonerdError: see `entries`.
    """
    for path in sorted(place.iterdir()):
        if path.name not in FILES:
            raise InputError(f"{path} does not belong to a submission; expected {', '.join(FILES)}")
    run = read_run(place, reader=reader)
    expected = place_of(run.result)
    found = Path(place.parent.name, place.name)
    if found != expected:
        raise CheckError(f"{place}: its result.json belongs in {expected.as_posix()}")
    return CheckedPlace(found.as_posix(), run, read_card(place))


def _folders(folder: Path, *, beside: tuple[str, ...] = ()) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            raise InputError(f"{path} is a link; submissions are plain files in plain folders")
        if path.is_dir() and not path.name.endswith(".partial"):  # one is just being written
            yield path
        elif path.is_file() and path.name not in beside and not path.name.endswith(".partial"):
            raise InputError(f"{path} is a file where a folder was expected")
