"""The dataset card: what stands in README.md, with the YAML that `load_dataset` goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gonerd.dataset.citation import ARXIV
from gonerd.dataset.datasheet import (
    annotation_chapter,
    bias_chapter,
    citation_chapter,
    collection_chapter,
    licence_chapter,
    statistics_chapter,
    uses_chapter,
)
from gonerd.dataset.personal_data import personal_data_chapter
from gonerd.dataset.rows import (
    COMMON_WINDOW,
    WITHHELD,
    annotation_features,
    features,
    sentence_features,
)
from gonerd.dataset.splits import Stratum
from gonerd.errors import InputError
from gonerd.files import read_json

__all__ = [
    "CONFIGURATIONS",
    "FACTS_FILE",
    "FIRST_VERSION",
    "SYNTHETIC_NOTICE",
    "DatasetFacts",
    "WindowFacts",
    "card_text",
    "configurations_of",
]

FACTS_FILE = "gonerd.json"
SCHEMA_VERSION = 2
FIRST_VERSION = "1.0.0"

CONFIGURATIONS = {"default": "data", "sentences": "sentences"}
"""What `load_dataset` offers, with the folder of each; the first is what it takes where none is named."""

SYNTHETIC_NOTICE = (
    "Synthetic sample newsroom: every site, person and place in it is invented, "
    "and figures on it say nothing about real text."
)

MAKE_WHOLE = """\
**The texts are withheld.** Here are ids, addresses, hashes and offsets. Pages that still read as they did
make it whole again, each text proven by its SHA-256:

```
hf download NAMESPACE/NAME --repo-type dataset --local-dir annotations
gonerd rebuild --manifest annotations --out rebuilt
gonerd join annotations --texts rebuilt/documents.jsonl --out gonerd
```

"""

FIELDS = {
    ("id",): "the document's name",
    ("text",): "the whole text",
    ("tokens",): "its tokens",
    ("token_starts", "token_ends"): "where its tokens stand",
    ("ner_tags",): "one tag a token: O, then B- and I- of PER, ORG, LOC, MISC",
    ("entities",): "`start`, `end`, `label`, and `subtype` (AGE, ADDRESS, PHONE) for MISC",
    ("url", "domain", "source", "title", "date"): (
        "where the text came from; `source` is news or justice"
    ),
    ("cluster",): "documents of one near-duplicate cluster share it, and a split",
    ("text_sha256",): "SHA-256 of the text",
    ("common_window_end",): "where the window ends that every model is scored on",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFacts:
    """What measured the common window: a tokenizer, the SHA-256 of its files, a number of subwords."""

    tokenizer: str
    sha256: str
    subwords: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """What a build knows about its dataset, as gonerd.json keeps it beside the data.

    `fingerprint` and `split_sha256` hash ids, texts, entities and tokens. `synthetic` is set where
    documents come from hosts under `.example`, which RFC 2606 keeps for fiction. `redacted` is the
    number of documents in which surrogates stand for MISC entities, `unclustered` that of documents
    without a `cluster`, of which only the same text is sure to stay in one split. `previous` is the
    fingerprint of the dataset whose documents kept their splits, `parted_clusters` and `left_out` say
    what came of that: see `gonerd.dataset.splits`. Sizes are by configuration.
    """

    name: str
    seed: int
    fingerprint: str
    synthetic: bool
    tokenizer: str
    documents: Mapping[str, int]
    words: Mapping[str, int]
    entities: Mapping[str, int]
    sources: Mapping[str, int]
    strata: Sequence[Stratum]
    sentences: Mapping[str, int]
    window: WindowFacts
    split_sha256: Mapping[str, str]
    num_bytes: Mapping[str, Mapping[str, int]]
    download_size: Mapping[str, int]
    misaligned: int
    redacted: int = 0
    unclustered: int = 0
    previous: str | None = None
    parted_clusters: int = 0
    left_out: int = 0
    version: str = FIRST_VERSION
    texts: bool = True
    statistics: Mapping[str, Any] = field(default_factory=dict[str, Any])
    provenance: Mapping[str, Any] = field(default_factory=dict[str, Any])
    agreement: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The facts as JSON, with the version of their form."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> DatasetFacts:
        """The facts of a gonerd.json; TypeError where a field is missing or unknown."""
        fields = {key: entry for key, entry in value.items() if key != "schema_version"}
        nested = {
            "strata": [Stratum(**entry) for entry in fields.get("strata", ())],
            "window": WindowFacts(**fields.get("window", {})),
        }
        return cls(**(fields | nested))

    @classmethod
    def read(cls, path: Path) -> DatasetFacts:
        """The facts in the file `path`.

        Raises:
            InputError: it is missing, not what `gonerd build` writes, or of another version's form.
        """
        value = read_json(path)
        version = value.get("schema_version") if isinstance(value, dict) else None
        if isinstance(version, int) and version != SCHEMA_VERSION:
            raise InputError(
                f"{path} has schema_version {version}, this gonerd reads {SCHEMA_VERSION}; "
                "build the dataset again"
            )
        try:
            return cls.from_json(value)
        except (TypeError, AttributeError) as problem:
            raise InputError(f"{path} is not what 'gonerd build' writes: {problem}") from None


def card_text(facts: DatasetFacts) -> str:
    """README.md for the dataset: YAML for the Hub and `datasets`, then prose for people."""
    notice = f"> **{SYNTHETIC_NOTICE}**\n\n" if facts.synthetic else ""
    rows = "\n".join(
        f"| {split} | {facts.documents[split]:,} | {facts.words[split]:,} | {facts.sentences[split]:,} |"
        for split in facts.documents
    )
    entities = ", ".join(f"{count:,} {label}" for label, count in facts.entities.items())
    sources = ", ".join(f"{count:,} {name or 'unnamed'}" for name, count in facts.sources.items())
    statistics = statistics_chapter(facts)
    form = "tokens, BIO tags and character offsets"
    begin = f"Whole documents with {form}" if facts.texts else f"{form[0].upper()}{form[1:]}"
    return f"""---
{_front_matter(facts)}
---

# {facts.name}

{notice}{begin}, in the form of GONERD
(arXiv {ARXIV}): PER, ORG, LOC, and a MISC that means ages, addresses and phone numbers and nothing else.

{"" if facts.texts else MAKE_WHOLE}```python
from datasets import load_dataset

dataset = load_dataset("{facts.name}")  # in the folder that holds this one
```

{uses_chapter(facts)}

## Composition

| split | documents | tokens | sentences |
|---|---:|---:|---:|
{rows}

Entities: {entities}. Sources: {sources}.

{statistics}
Splits are 80/10/10 by {_parted_by(facts)}, by the same thresholds
for every source and length, fixed by seed {facts.seed}. Documents that are added later move none of these
to another split.{_parted_later(facts)}

{_strata_table(facts)}

Tokens: {facts.tokenizer}. Offsets count code points of `text`, end-exclusive.
`common_window_end` is the character at which subword {facts.window.subwords:,} ends, or the text does: a
window of {COMMON_WINDOW:,} less `<s>` and `</s>`, as the tokenizer `{facts.window.tokenizer}` measures it
(SHA-256 `{facts.window.sha256}`).

{_sentences(facts)}## Fields

| field | what it is |
|---|---|
{_fields(facts)}

{collection_chapter(facts)}

{annotation_chapter(facts)}

{personal_data_chapter(facts)}

{licence_chapter(facts)}

{bias_chapter(facts)}

## Version

{facts.version}, fingerprint `{facts.fingerprint}`.
`SHA256SUMS` covers every file; `croissant.json` describes them for programs.

{citation_chapter()}
"""


def _fields(facts: DatasetFacts) -> str:
    """The table's rows, for the columns that are there."""
    rows = []
    for names, meaning in FIELDS.items():
        there = [name for name in names if facts.texts or name not in WITHHELD]
        if there:
            rows.append(f"| {', '.join(f'`{name}`' for name in there)} | {meaning} |")
    return "\n".join(rows)


def configurations_of(facts: DatasetFacts) -> Mapping[str, str]:
    """The configurations that are there, with their folders; sentences are texts."""
    return CONFIGURATIONS if facts.texts else {"default": CONFIGURATIONS["default"]}


def _sentences(facts: DatasetFacts) -> str:
    """What the configuration `sentences` is, where it is there."""
    if not facts.texts:
        return ""
    return (
        "The configuration `sentences` has one sentence a row, with the same splits and columns, and "
        "`document_id` and\n`start` (a character of the document); no border cuts an entity: "
        f'`load_dataset("{facts.name}", "sentences")`.\n\n'
    )


def _parted_by(facts: DatasetFacts) -> str:
    """What is never parted by a split: clusters, or mere copies where documents came without."""
    whole = sum(facts.documents.values())
    if not facts.unclustered:
        return "near-duplicate cluster"
    if facts.unclustered == whole:
        return "text (the same text is in one split; near-duplicates were not looked for)"
    return (
        f"near-duplicate cluster (by text alone for {facts.unclustered:,} of {whole:,} documents, "
        "which came without one)"
    )


def _parted_later(facts: DatasetFacts) -> str:
    """Where near-duplicates stand in two splits all the same, because each was there before the other."""
    if not facts.parted_clusters:
        return ""
    clusters = "cluster has" if facts.parted_clusters == 1 else "clusters have"
    return (
        f" {facts.parted_clusters:,} {clusters} documents in more than one split, which a later document "
        "brought together; `left_out.jsonl` lists new ones that had no place."
    )


def _strata_table(facts: DatasetFacts) -> str:
    """How the splits fell in every stratum, so that it can be seen."""
    splits = list(facts.documents)
    lines = [
        f"| source | tokens | {' | '.join(splits)} |",
        f"|---|---|{'---:|' * len(splits)}",
    ]
    for stratum in facts.strata:
        whole = sum(stratum.documents.values())
        cells = [f"{stratum.documents[s]:,} ({stratum.documents[s] / whole:.0%})" for s in splits]
        lines.append(f"| {stratum.source or 'unnamed'} | {stratum.words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _front_matter(facts: DatasetFacts) -> str:
    from datasets.info import DatasetInfo, DatasetInfosDict
    from datasets.splits import SplitDict
    from huggingface_hub import DatasetCardData

    total = sum(facts.documents.values())
    data = DatasetCardData(
        language="en",
        license="other",
        license_name="see-licence-and-take-down",
        license_link="README.md",
        pretty_name=facts.name,
        task_categories=["token-classification"],
        task_ids=["named-entity-recognition"],
        size_categories=[_size_category(total)],
        tags=["long-context", "news", *(["synthetic"] if facts.synthetic else [])],
        configs=[
            {
                "config_name": name,
                "data_files": [
                    {"split": split, "path": f"{folder}/{split}-*.parquet"}
                    for split in facts.documents
                ],
            }
            for name, folder in configurations_of(facts).items()
        ],
    )
    rows = {"default": facts.documents, "sentences": facts.sentences}
    columns = {
        "default": features() if facts.texts else annotation_features(),
        "sentences": sentence_features(),
    }
    infos = {
        name: DatasetInfo(
            config_name=name,
            features=columns[name],
            splits=SplitDict.from_split_dict(
                [
                    {
                        "name": split,
                        "num_bytes": facts.num_bytes[name][split],
                        "num_examples": rows[name][split],
                    }
                    for split in facts.documents
                ]
            ),
            download_size=facts.download_size[name],
            dataset_size=sum(facts.num_bytes[name].values()),
        )
        for name in configurations_of(facts)
    }
    DatasetInfosDict(infos).to_dataset_card_data(data)
    return str(data.to_yaml())


def _size_category(documents: int) -> str:
    bounds = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
    return next((name for bound, name in bounds.items() if documents < bound), "n>1M")
