"""The contract of an adapter, tried on five small documents: what `gonerd check-model` shows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gonerd.adapters.adapter import Adapter, Batched, Prediction
from gonerd.adapters.model_files import is_revision
from gonerd.adapters.policy import POLICIES
from gonerd.adapters.predicting import predictions_of
from gonerd.console import counted
from gonerd.errors import CheckError, GonerdError
from gonerd.labels import LABELS
from gonerd.schema import Document
from gonerd.tokens import token_spans

__all__ = ["READ_AHEAD", "Check", "check_adapter", "sample_documents"]

READ_AHEAD = 4096
"""Documents that an adapter may take before its first answer."""

TOLERANCE = 1e-5
"""By how much the scores of the same entity may differ."""

_TEXTS = {
    "emoji": "\U0001f469\u200d\U0001f680 Ada Marlow \U0001f1f3\U0001f1f4 e\u0301tait a\u0300 Oslo "
    "\U0001f469\u200d\U0001f469\u200d\U0001f466.",
    "line-ends": "PORT ELLERY -\r\nJudge Ada Marlow, 54, of Harbor Trust Inc.\r\n\r\n"
    "lives at 12 Larkspur Avenue.\r\n",
    "blank": " \u00a0\r\n\u200b ",
    "long": "Ada Marlow of Harbor Trust Inc. met Bo Lindqvist in Oslo. "
    + "It rained and they said nothing of the matter until the evening came. " * 60
    + "Call (555) 010-0199 and ask for Cy Renner of Ostrava.",
    "nothing": "it was late, and nobody came by; the rain went on until it did not.",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that an adapter must do, and whether it did."""

    name: str
    ok: bool
    detail: str
    """What was seen, or why it failed."""


def sample_documents() -> list[Document]:
    """Five texts with what breaks models: joined emoji, CRLF, white space alone, 800 words, no entity."""
    return [
        Document(id=name, text=text, tokens=tuple(token_spans(text)))
        for name, text in _TEXTS.items()
    ]


def check_adapter(adapter: Adapter) -> Iterator[Check]:
    """Yield every check in turn; one that fails does not keep the others from being made.

    What the adapter raises is the reason of the check, whatever it is: here it is on trial.
    """
    trial = _Trial(adapter, sample_documents())
    for name, check in _CHECKS.items():
        try:
            yield Check(name, True, check(trial))
        except GonerdError as problem:
            yield Check(name, False, str(problem))
        except Exception as problem:  # any error of a stranger's code is what is looked for
            yield Check(name, False, f"raised {type(problem).__name__}: {problem}")


@dataclass(slots=True)
class _Trial:
    """An adapter with what it has answered so far."""

    adapter: Adapter
    documents: Sequence[Document]
    answers: list[Prediction] = field(default_factory=list)
    seconds: float = 0.0

    def first(self) -> list[Prediction]:
        """The answers that others are compared with.

        Raises:
            CheckError: there are none, as the first check failed.
        """
        if not self.answers:
            raise CheckError("left out, as the model gave no valid answers")
        return self.answers


def _identity(trial: _Trial) -> str:
    card = trial.adapter.card
    if not is_revision(card.revision):
        raise CheckError(f"revision is {card.revision!r}, expected 40 hex digits")
    if not card.kind or not card.id or card.id.startswith(("/", "~")):
        raise CheckError(
            f"kind {card.kind!r} and id {card.id!r}: expected names, and no path of a machine"
        )
    _require_json(asdict(card), "card")
    return f"{card.kind}:{card.id}, revision {card.revision[:12]}"


def _policy(trial: _Trial) -> str:
    policy = trial.adapter.policy
    if policy.mode not in POLICIES:
        raise CheckError(f"mode is {policy.mode!r}, expected one of {', '.join(POLICIES)}")
    _require_json(policy.as_json(), "policy")
    return policy.mode


def _contract(trial: _Trial) -> str:
    begin = time.perf_counter()
    answers = list(predictions_of(trial.adapter, trial.documents))
    trial.seconds = time.perf_counter() - begin
    failed = [answer for answer in answers if answer.error is not None]
    if failed:
        raise CheckError(f"document {failed[0].doc_id!r} failed: {failed[0].error}")
    trial.answers = answers
    found = sum(len(answer.entities) for answer in answers)
    return f"{counted(found, 'entity') if found == 1 else f'{found:,} entities'} in 5 documents"


def _labels(trial: _Trial) -> str:
    found = {entity.label for answer in trial.first() for entity in answer.entities}
    strange = sorted(found - set(LABELS))
    if strange:
        raise CheckError(
            f"label {strange[0]!r} is none of {', '.join(LABELS)}: every one counts as wrong; "
            f"map it with --label-map"
        )
    return ", ".join(label for label in LABELS if label in found) or "none was found"


def _scores(trial: _Trial) -> str:
    """They were checked with the answers: one an entity, within 0 and 1."""
    scored = sum(len(answer.scores or ()) for answer in trial.first())
    return f"{scored:,} within 0 and 1" if scored else "it gives none"


def _reach(trial: _Trial) -> str:
    by_id = {answer.doc_id: answer for answer in trial.first()}
    longest = max(trial.documents, key=lambda document: len(document.text))
    answer, length = by_id[longest.id], len(longest.text)
    if answer.consumed_to < length and trial.adapter.policy.mode != "truncate":
        raise CheckError(
            f"it read {answer.consumed_to:,} of {length:,} characters, and its policy says "
            f"{trial.adapter.policy.mode!r}, not 'truncate'"
        )
    return f"{answer.consumed_to:,} of {length:,} characters in {counted(answer.windows, 'window')}"


def _again(trial: _Trial) -> str:
    _require_same(trial.first(), predictions_of(trial.adapter, trial.documents), "asked again")
    return "the same answers when asked again"


def _order(trial: _Trial) -> str:
    answers = list(predictions_of(trial.adapter, trial.documents[::-1]))
    _require_same(trial.first(), answers[::-1], "asked in another order")
    return "the same answers in another order"


def _names(trial: _Trial) -> str:
    """Ids carry no information: a model that looks answers up by them is no model."""
    renamed = [replace(d, id=f"other-{n}") for n, d in enumerate(trial.documents)]
    answers = predictions_of(trial.adapter, renamed)
    known = [
        replace(answer, doc_id=d.id) for answer, d in zip(answers, trial.documents, strict=True)
    ]
    _require_same(trial.first(), known, "asked under other ids")
    return "the same answers under other ids"


def _batches(trial: _Trial) -> str:
    if not isinstance(trial.adapter, Batched):
        return "it has no batch size"
    for size in (1, 3):
        answers = predictions_of(trial.adapter.with_batch_size(size), trial.documents)
        _require_same(trial.first(), answers, f"with batch size {size}")
    return "the same answers with 1 and 3 at once"


def _empty(trial: _Trial) -> str:
    for prediction in trial.adapter.predict(iter(())):
        raise CheckError(f"it predicted {prediction.doc_id!r} where there was no document")
    return "nothing is said of no documents"


def _streaming(trial: _Trial) -> str:
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        while taken < READ_AHEAD:
            taken += 1
            text = f"Ada Marlow met number {taken}."
            yield Document(id=f"d{taken}", text=text, tokens=tuple(token_spans(text)))

    answers = iter(trial.adapter.predict(endless()))
    try:
        first = next(answers, None)
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()
    if first is None or first.doc_id != "d1":
        raise CheckError(f"the first answer was {first and first.doc_id!r}, expected 'd1'")
    if taken >= READ_AHEAD:
        raise CheckError(
            f"it took {taken:,} documents before it answered for the first; corpora do not fit into memory"
        )
    return f"it took {counted(taken, 'document')} before its first answer"


def _speed(trial: _Trial) -> str:
    trial.first()
    tokens = sum(len(document.tokens or ()) for document in trial.documents)
    return f"{tokens / trial.seconds:,.0f} tokens/s on these five, the first time"


_CHECKS: dict[str, Callable[[_Trial], str]] = {
    "policy": _policy,
    "answers": _contract,
    "identity": _identity,
    "labels": _labels,
    "scores": _scores,
    "reach": _reach,
    "again": _again,
    "order": _order,
    "ids": _names,
    "batches": _batches,
    "no documents": _empty,
    "streaming": _streaming,
    "speed": _speed,
}


def _require_same(expected: Sequence[Prediction], found: Iterable[Prediction], how: str) -> None:
    for one, other in zip(expected, found, strict=True):
        if one.consumed_to != other.consumed_to:
            raise CheckError(
                f"document {one.doc_id!r}: {how}, it read up to character {other.consumed_to:,} "
                f"instead of {one.consumed_to:,}"
            )
        if one.entities != other.entities:
            raise CheckError(
                f"document {one.doc_id!r}: {how}, it says {_shown(other)} instead of {_shown(one)}"
            )
        pairs = zip(one.scores or (), other.scores or (), strict=True)
        if any(abs(a - b) > TOLERANCE for a, b in pairs):
            raise CheckError(
                f"document {one.doc_id!r}: {how}, scores differ by more than {TOLERANCE}"
            )


def _shown(prediction: Prediction) -> str:
    spans = [f"{e.label} [{e.start}, {e.end})" for e in prediction.entities[:3]]
    more = len(prediction.entities) - len(spans)
    return (", ".join(spans) or "nothing") + (f" and {more} more" if more else "")


def _require_json(value: Any, what: str) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise CheckError(f"the {what} is no JSON: {problem}") from None
