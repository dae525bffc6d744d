"""What an opened row loads: details, predictions and counts by document, as a script of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from gonerd.errors import SchemaError
from gonerd.machine import gonerd_version
from gonerd.scoring.document_counts import Counted
from gonerd_leaderboard.counting import DocumentTally
from gonerd_leaderboard.entry import CheckedPlace
from gonerd_leaderboard.gold import Gold
from gonerd_leaderboard.predictions import Line, check_predictions
from gonerd_leaderboard.script import script
from gonerd_leaderboard.submission import PREDICTIONS, RESULT
from gonerd_leaderboard.template import details_html, details_source

__all__ = ["counts_by_document", "drawer_key", "drawer_script"]

FORM = 1
"""Of the scripts: another one makes all keys others."""

KEY_DIGITS = 20

COUNTS, END = '"counts":', "});\n"
"""Before and behind the counts of a script."""


def drawer_key(checked: CheckedPlace, tier: str, gold: Gold | None) -> str:
    """A hash of all that decides `drawer_script`: files of one key are the same, byte by byte.

    That covers the submission's own bytes, so a file that is there says that they were checked.
    """
    card = json.dumps(asdict(checked.card), sort_keys=True)
    hashed = hashlib.sha256()
    for part in (
        str(FORM),
        gonerd_version(),
        details_source(),
        checked.id,
        *checked.run.digests,
        card,
        tier,
        gold.sha256 if gold is not None else "",
    ):
        data = part.encode()
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()[:KEY_DIGITS]


def drawer_script(key: str, checked: CheckedPlace, gold: Gold | None, *, where: Path) -> str:
    """The text of entries/<key>.js; the predictions are read and checked, with `gold` counted.

    `where` is the submission's folder, for messages.

    Raises:
        InputError: the predictions can't be unpacked.
        SchemaError: a line has the wrong form, or is not the next document's of `gold`.
        CheckError: the predictions are not those that the result tells of.
    """
    run = checked.run
    tally = DocumentTally(gold) if gold is not None else None
    documents = []

    def take(here: str, line: Line) -> None:
        if tally is not None:
            tally.take(here, line)
        found = line.prediction
        entities = [[entity.start, entity.end, entity.label] for entity in found.entities]
        documents.append([found.doc_id, line.text_sha256, found.consumed_to, entities, found.error])

    check_predictions(run.prediction_bytes, run.result, str(where / PREDICTIONS), also=take)
    if tally is not None:
        tally.require_same(run.result, str(where / RESULT))
    record = {
        "details": details_html(checked.id, checked.card, run.result),
        "documents": documents,
        "counts": tally.by_document if tally is not None else None,
    }
    return script("entry", key, record)


def counts_by_document(path: Path) -> Counted:
    """tp, fp and fn (documents, 3) in an entry's script, in the split's order.

    They stand last: what comes before, most of the file, is not parsed.

    Raises:
        SchemaError: the file holds something else.
    """
    counts = path.read_text(encoding="ascii").rpartition(COUNTS)[2].removesuffix(END)
    try:
        table: Counted = np.array(json.loads(counts), dtype=np.int32).reshape(-1, 3)
    except (TypeError, ValueError):
        raise SchemaError(
            f"{path}: is no entry that was counted; build the page without it"
        ) from None
    return table
