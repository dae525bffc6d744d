"""What `gonerd verify` found, as a file that the maintainers of a board keep beside the submissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from gonerd.files import write_json
from gonerd.machine import gonerd_version
from gonerd_leaderboard.fields import Fields, json_from_text
from gonerd_leaderboard.plain_file import read_plain_file

__all__ = [
    "RERUN",
    "RESCORED",
    "SELF_REPORTED",
    "TIERS",
    "TIER_MEANINGS",
    "Proof",
    "proofs_to_keep",
    "read_proofs",
    "write_proofs",
]

SELF_REPORTED, RESCORED, RERUN = "self-reported", "rescored", "rerun"
TIERS = (SELF_REPORTED, RESCORED, RERUN)
"""How far a submission is proven, least first."""

TIER_MEANINGS = {
    SELF_REPORTED: "The submitter’s figures; files and counts agree, nobody has scored the predictions again",
    RESCORED: "Every score was computed again from the predictions and the gold",
    RERUN: "The model was run again and gave this F1; every score was computed again from the predictions",
}
"""What the badge of an entry says."""

SCHEMA_VERSION = 2
"""1 did not say on which gold."""
MOST_BYTES = 64 << 20
MOST_ENTRIES = 100_000
SHA256 = "[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a submission is proven, and the bytes of which that was found."""

    tier: str
    result_sha256: str
    predictions_sha256: str
    gold_sha256: str = ""
    """Of the gold that it was scored on, see `Gold.sha256`; empty where there was none."""

    @property
    def digests(self) -> tuple[str, str]:
        """Of the files."""
        return self.result_sha256, self.predictions_sha256


def write_proofs(path: Path, proofs: Mapping[str, Proof]) -> None:
    """Write proofs by the submissions' places, in their order; an older file is replaced."""
    record = {
        "schema_version": SCHEMA_VERSION,
        "gonerd": gonerd_version(),
        "submissions": {place: asdict(proofs[place]) for place in sorted(proofs)},
    }
    write_json(path, record, overwrite=True)


def read_proofs(path: Path) -> dict[str, Proof]:
    """The proofs in a file that `write_proofs` wrote.

    Raises:
        InputError: there is no such file, or it is a link.
        SchemaError: it holds something else.
    """
    return _read(path)[1]


def proofs_to_keep(path: Path) -> dict[str, Proof]:
    """Those that need not be found again: all where this very version found them, else none.

    Raises:
        GonerdError: see `read_proofs`.
    """
    version, proofs = _read(path)
    return proofs if version == gonerd_version() else {}


def _read(path: Path) -> tuple[str, dict[str, Proof]]:
    where = str(path)
    text = read_plain_file(path, most=MOST_BYTES).decode("utf-8", "replace")
    top = Fields(json_from_text(text, where), where)
    top.whole("schema_version", least=1, most=SCHEMA_VERSION)
    version = top.text("gonerd")
    proofs = dict(_proofs(top))
    top.end()
    return version, proofs


def _proofs(top: Fields) -> Iterable[tuple[str, Proof]]:
    submissions = top.inner("submissions")
    for place in submissions.names(most=MOST_ENTRIES):
        fields = submissions.inner(place)
        yield (
            place,
            Proof(
                tier=fields.text("tier", pattern="|".join(TIERS)),
                result_sha256=fields.text("result_sha256", pattern=SHA256),
                predictions_sha256=fields.text("predictions_sha256", pattern=SHA256),
                gold_sha256=_gold_sha256(fields),
            ),
        )
        fields.end()


def _gold_sha256(fields: Fields) -> str:
    key = "gold_sha256"  # an empty text says the same as none
    value = fields.take(key) if fields.has(key) else ""
    return fields.group("", {key: value}).text(key, pattern=SHA256) if value else ""
