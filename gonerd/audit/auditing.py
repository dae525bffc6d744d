"""An audit of a dataset, or of corpus files that are its splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gonerd.audit.dates import after_check, date_check
from gonerd.audit.finding import Audit, Check, Held
from gonerd.audit.integrity import Reading
from gonerd.audit.leaks import leak_checks
from gonerd.audit.mislabels import mislabel_checks
from gonerd.console import track
from gonerd.corpora import Format, read_corpus
from gonerd.dataset.hub import is_hub_name
from gonerd.dataset.loading import ALL, load
from gonerd.errors import ConfigError
from gonerd.schemes import Scheme

__all__ = ["CONTAINMENT", "EXAMPLES", "JACCARD", "audit_corpora", "audit_dataset"]

JACCARD = 0.5
"""Similarity from which on `gonerd clean` puts two documents into one cluster, which no split may part."""
CONTAINMENT = 0.8
EXAMPLES = 100
"""Findings of a check that are kept with their places; all are counted."""


def audit_dataset(
    name: str | Path,
    *,
    jaccard: float = JACCARD,
    containment: float = CONTAINMENT,
    limit: int = EXAMPLES,
    after: str | None = None,
) -> Audit:
    """Audit a folder that `gonerd build` wrote, a Hub id, or `sample`: itself, and its splits.

    All texts are held in memory. With `after`, a day as YYYY-MM-DD, the test split must be dated later.

    Raises:
        InputError: there is no such dataset, or it was published without its texts.
        ConfigError: a threshold is not above 0 and at most 1.
    """
    _require_share("jaccard", jaccard)
    _require_share("containment", containment)
    dataset = load(name)
    dataset.require_texts()
    partial = not Path(name).exists() and is_hub_name(str(name))
    reading = Reading(dataset, limit=limit, partial=partial)
    checks = [*reading.checks, *_checks(reading.corpus, jaccard, containment, limit, after)]
    return Audit(
        dataset.facts.name,
        {split: _count(reading.corpus)[split] for split in dataset.splits},
        checks,
        {"jaccard": jaccard, "containment": containment},
        dataset.facts.synthetic,
    )


def audit_corpora(
    paths: Mapping[str, str | Path],
    *,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    jaccard: float = JACCARD,
    containment: float = CONTAINMENT,
    limit: int = EXAMPLES,
    after: str | None = None,
) -> Audit:
    """Audit corpus files by the name of their split; of one file alone duplicates are told, no leak can be.

    With `after`, a day as YYYY-MM-DD, the test split (or all, where none is called so) must be dated later.

    Raises:
        GonerdError: a file is missing, empty or broken, as `gonerd.corpora.read_corpus` says it.
        ConfigError: a threshold is not above 0 and at most 1.
    """
    _require_share("jaccard", jaccard)
    _require_share("containment", containment)
    corpus = [
        Held(split, replace(document, tokens=None))
        for split, path in paths.items()
        for document in track(read_corpus(path, form=form, scheme=scheme), f"reading {path}")
    ]
    return Audit(
        ", ".join(Path(path).name for path in paths.values()),
        {split: _count(corpus)[split] for split in paths},
        list(_checks(corpus, jaccard, containment, limit, after)),
        {"jaccard": jaccard, "containment": containment},
        any(_fictional(held) for held in corpus),
    )


def splits_from_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """The corpus files of `NAME=PATH` arguments, or one file as the only split.

    Raises:
        ConfigError: several files without names, or a name twice.
    """
    if len(arguments) == 1 and (Path(arguments[0]).exists() or "=" not in arguments[0]):
        return {ALL: arguments[0]}
    splits: dict[str, str] = {}
    for argument in arguments:
        name, mark, path = argument.partition("=")
        if not (name and mark and path):
            raise ConfigError(
                f"{argument}: expected the name of a split, =, and its file, as in train={argument}"
            )
        if name in splits:
            raise ConfigError(f"{argument}: the split {name!r} has a file already, {splits[name]}")
        splits[name] = path
    return splits


def _checks(
    corpus: Sequence[Held], jaccard: float, containment: float, limit: int, after: str | None
) -> Sequence[Check]:
    return [
        *leak_checks(corpus, jaccard=jaccard, containment=containment, limit=limit),
        date_check(corpus),
        *([after_check(corpus, after, limit=limit)] if after else []),
        *mislabel_checks(corpus, limit=limit),
    ]


def _count(corpus: Sequence[Held]) -> Counter[str]:
    return Counter(held.split for held in corpus)


def _fictional(held: Held) -> bool:
    return str(held.document.meta.get("domain", "")).endswith(".example")


def _require_share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise ConfigError(f"--{name} is {value:g}, expected a share above 0 and at most 1")
