"""One submission: a checked run with its model card, and the folder it belongs in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from gonerd.errors import CheckError, InputError, SchemaError
from gonerd.files import folder_to_write
from gonerd_leaderboard.card import Card, card_from_toml, toml_from_card
from gonerd_leaderboard.consistency import check_consistency
from gonerd_leaderboard.fields import Fields, json_from_text
from gonerd_leaderboard.plain_file import read_plain_file
from gonerd_leaderboard.predictions import Line, check_predictions
from gonerd_leaderboard.result import Result
from gonerd_leaderboard.result_file import result_from_record
from gonerd_leaderboard.slug import slug_from_name

__all__ = [
    "CARD",
    "FILES",
    "PREDICTIONS",
    "RESULT",
    "Run",
    "place_of",
    "read_card",
    "read_predictions",
    "read_run",
    "submit",
    "unread_run",
]

RESULT, PREDICTIONS, CARD = "result.json", "predictions.jsonl.zst", "model.toml"

FILES = {RESULT: 4 << 20, PREDICTIONS: 64 << 20, CARD: 64 << 10}
"""The files of a submission, and the bytes that each may have."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run whose files agree: the result, and both files byte by byte as they were checked."""

    result: Result
    record: Mapping[str, Any]
    """The JSON that `result` was read from."""
    result_bytes: bytes
    prediction_bytes: bytes

    @property
    def digests(self) -> tuple[str, str]:
        """SHA-256 of the result and of the predictions."""
        result, predictions = (
            hashlib.sha256(data).hexdigest() for data in (self.result_bytes, self.prediction_bytes)
        )
        return result, predictions


class Reader(Protocol):
    """Who wants to see a run's predictions while they are checked."""

    def begin(self, result: Result) -> Callable[[str, Line], None] | None:
        """Called when the result is checked; what is to be given where each line stands, and the line."""


def read_run(folder: Path, *, reader: Reader | None = None) -> Run:
    """Read and check the result and the predictions in `folder`.

    Raises:
        InputError: a file is missing, too large, a link, or broken.
        SchemaError: a field has the wrong form; the message names file and field.
        CheckError: the files or their numbers contradict each other.
    """
    run = unread_run(folder)
    read_predictions(run, folder, reader=reader)
    return run


def read_predictions(run: Run, folder: Path, *, reader: Reader | None = None) -> None:
    """Read and check what `unread_run` of `folder` left unread.

    Raises:
        GonerdError: see `read_run`.
    """
    also = reader.begin(run.result) if reader is not None else None
    check_predictions(run.prediction_bytes, run.result, str(folder / PREDICTIONS), also=also)


def unread_run(folder: Path) -> Run:
    """The same with predictions of which only the hash was checked: who has read these very bytes goes on.

    Raises:
        GonerdError: see `read_run`.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; expected a run written by gonerd eval --out")
    result_path, predictions_path = folder / RESULT, folder / PREDICTIONS
    result_bytes = read_plain_file(result_path, most=FILES[RESULT])
    record = json_from_text(_text(result_bytes, result_path), str(result_path))
    result = result_from_record(record, str(result_path))
    check_consistency(result, str(result_path))
    prediction_bytes = read_plain_file(predictions_path, most=FILES[PREDICTIONS])
    _check_artifact(result, prediction_bytes, predictions_path)
    return Run(result, record, result_bytes, prediction_bytes)


def read_card(folder: Path) -> Card:
    """Read the model card in `folder`."""
    path = folder / CARD
    return card_from_toml(_text(read_plain_file(path, most=FILES[CARD]), path), str(path))


def place_of(result: Result) -> Path:
    """Where a submission stands below the submissions folder: model / revision-policy-board.

    The board is in the name because one revision under one policy may stand on several.
    """
    dataset, policy = result.dataset, result.policy
    mode = f"{policy.mode}-{policy.max_len}" if policy.max_len else policy.mode
    board = f"{slug_from_name(dataset.id)}-{slug_from_name(dataset.split)}"
    entry = f"{slug_from_name(result.model.revision)}-{mode}-{board}-{dataset.split_sha256[:8]}"
    return Path(slug_from_name(result.model.id)) / entry


def card_of(run: Run, stated: Card | None = None) -> Card:
    """What is `stated`, and where it is silent what the run says of its model."""
    model = run.result.model
    card = stated or Card(name="")
    return replace(
        card,
        name=card.name or model.id,
        license=card.license or model.license,
        training_data=card.training_data or ", ".join(model.training_data),
    )


def submit(
    run: Path, submissions: Path, *, card: Card | None = None, overwrite: bool = False
) -> Path:
    """Check `run` and copy it with a model card below `submissions`, whole or not at all.

    What `card` does not state is taken from the run where it says it, see `card_of`.

    Raises:
        OutputError: the same model, revision, policy and board stands there already.
        GonerdError: see `read_run`.
    """
    checked = read_run(run)
    text = toml_from_card(card_of(checked, card))
    card_from_toml(text, "the model card")
    place = submissions / place_of(checked.result)
    for folder in (place, place.parent):
        if folder.is_symlink():
            raise InputError(f"{folder} is a link; a submission stays inside its folder")
    with folder_to_write(place, overwrite=overwrite) as out:
        (out / RESULT).write_bytes(checked.result_bytes)
        (out / PREDICTIONS).write_bytes(checked.prediction_bytes)
        (out / CARD).write_text(text, encoding="utf-8")
    return place


def _check_artifact(result: Result, data: bytes, path: Path) -> None:
    for artifact in result.artifacts:
        if artifact.path != PREDICTIONS:
            continue
        digest = hashlib.sha256(data).hexdigest()
        if (digest, len(data)) != (artifact.sha256, artifact.bytes):
            raise CheckError(
                f"{path}: has {len(data)} bytes and SHA-256 {digest[:12]}…, artifacts in "
                f"{RESULT} say {artifact.bytes} and {artifact.sha256[:12]}…"
            )
        return
    Fields({}, str(path.with_name(RESULT))).refuse("artifacts", [], f"an entry for {PREDICTIONS}")


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise SchemaError(
            f"{path}: byte 0x{data[problem.start]:02x} at position {problem.start} is not UTF-8"
        ) from None
