"""Croissant metadata (version 1.0 of MLCommons' format): the folder described for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.dataset.citation import BIBTEX, PAPER_URL
from gonerd.dataset.rows import annotation_features, features, sentence_features
from gonerd.files import file_sha256
from gonerd.labels import TAGS

if TYPE_CHECKING:
    from gonerd.dataset.card import DatasetFacts

__all__ = ["CROISSANT_FILE", "croissant_of"]

CROISSANT_FILE = "croissant.json"
PARQUET = "application/x-parquet"
KINDS = {"string": "sc:Text", "int32": "sc:Integer"}
JSON_VALUES = ("data", "examples")
VOCABULARY_VALUES = ("dataType",)
TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet",
    "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
    "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
    "transform",
)  # fmt: skip

MEANINGS = {
    "id": "The document's name.",
    "text": "The whole text.",
    "tokens": "The text's tokens.",
    "token_starts": "Where each token starts, in code points of the text.",
    "token_ends": "Where each token ends, exclusive.",
    "ner_tags": f"One tag a token, by its number in {', '.join(TAGS)}.",
    "entities": "Entities by offsets in code points, end exclusive.",
    "url": "The page's address.",
    "domain": "The site's registered domain.",
    "source": "news or justice.",
    "title": "The page's title.",
    "date": "When the page is dated.",
    "cluster": "The document's cluster of near-duplicates.",
    "text_sha256": "SHA-256 of the text's UTF-8.",
    "document_id": "The document in which the sentence stands.",
    "start": "The character of the document at which the sentence begins.",
    "common_window_end": "The character where the window ends that every model is scored on.",
}


def croissant_of(folder: Path, facts: DatasetFacts) -> dict[str, Any]:
    """The JSON-LD of a dataset in `folder`: files with hashes, a record set a configuration and split."""
    from gonerd.dataset.card import configurations_of

    parts = [
        (configuration, place, split)
        for configuration, place in configurations_of(facts).items()
        for split in facts.documents
    ]
    columns = {
        "default": features() if facts.texts else annotation_features(),
        "sentences": sentence_features(),
    }
    files = [
        _file_object(path, folder)
        for _, place, split in parts
        for path in sorted((folder / place).glob(f"{split}-*.parquet"))
    ]
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": facts.name,
        "description": _description(facts),
        "version": facts.version,
        "license": "See the chapter on licence and take-down in README.md.",
        "url": PAPER_URL,
        "citeAs": BIBTEX,
        "distribution": [
            *files,
            *(
                _file_set(_set_name(name, split), f"{place}/{split}")
                for name, place, split in parts
            ),
        ],
        "recordSet": [
            _record_set(_set_name(name, split), name, split, columns[name])
            for name, _, split in parts
        ],
    }


def _description(facts: DatasetFacts) -> str:
    from gonerd.dataset.card import SYNTHETIC_NOTICE

    begin = f"{SYNTHETIC_NOTICE} " if facts.synthetic else ""
    kind = "Whole documents with tokens" if facts.texts else "Annotations without the texts: tokens"
    return (
        f"{begin}{kind}, BIO tags and character offsets in the form of GONERD, a long-context dataset for "
        f"named entity recognition. Fingerprint {facts.fingerprint}."
    )


def _context() -> dict[str, Any]:
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "conformsTo": "dct:conformsTo",
        **{term: f"cr:{term}" for term in TERMS},
        **{term: {"@id": f"cr:{term}", "@type": "@json"} for term in JSON_VALUES},
        **{term: {"@id": f"cr:{term}", "@type": "@vocab"} for term in VOCABULARY_VALUES},
    }


def _file_object(path: Path, folder: Path) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": PARQUET,
        "sha256": file_sha256(path),
    }


def _set_name(configuration: str, split: str) -> str:
    """`test`, and `sentences-test`."""
    return split if configuration == "default" else f"{configuration}-{split}"


def _file_set(name: str, begin: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{name}-files",
        "name": f"{name}-files",
        "encodingFormat": PARQUET,
        "includes": f"{begin}-*.parquet",
    }


def _record_set(name: str, configuration: str, split: str, columns: Any) -> dict[str, Any]:
    kind = "documents" if configuration == "default" else configuration
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"The {kind} of the split {split}, one a record.",
        "key": {"@id": f"{name}/id"},
        "field": [_field(name, column, kind) for column, kind in columns.items()],
    }


def _field(records: str, name: str, kind: Any) -> dict[str, Any]:
    from datasets import ClassLabel, List

    source = {"fileSet": {"@id": f"{records}-files"}, "extract": {"column": name}}
    repeated = isinstance(kind, List)
    inner = kind.feature if repeated else kind
    begin = {
        "@type": "cr:Field",
        "@id": f"{records}/{name}",
        "name": name,
        "description": MEANINGS[name],
        **({"repeated": True} if repeated else {}),
    }
    if not isinstance(inner, dict):
        number = isinstance(inner, ClassLabel)
        return begin | {
            "dataType": "sc:Integer" if number else KINDS[inner.dtype],
            "source": source,
        }
    return begin | {
        "source": source,
        "subField": [
            {
                "@type": "cr:Field",
                "@id": f"{records}/{name}/{part}",
                "name": part,
                "dataType": KINDS[value.dtype],
                "source": source | {"transform": {"jsonPath": part}},
            }
            for part, value in inner.items()
        ],
    }
