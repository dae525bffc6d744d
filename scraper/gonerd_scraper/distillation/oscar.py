"""Records of OSCAR 23.01 in both of their shapes, and the rules by which the paper chose among them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from gonerd.errors import ConfigError, SchemaError
from gonerd.schema import Document, text_sha256

__all__ = [
    "WARNINGS",
    "OscarRecord",
    "OscarRules",
    "document_from_oscar",
    "harmful_categories",
    "oscar_record",
    "reasons_against",
]

WARNINGS = ("tiny", "short_sentences", "header", "footer", "noisy")
"""Quality warnings of OSCAR 23.01: under five lines; mostly short lines; short lines at the start; at
the end; mostly punctuation."""

CC0_NOTE = "OSCAR metadata CC0; the text is Common Crawl's, under its terms of use"


@dataclass(frozen=True, slots=True, kw_only=True)
class OscarRecord:
    """A document of OSCAR with what it says about itself; where it says nothing, None or ()."""

    id: str
    text: str
    url: str | None
    date: str | None
    language: str | None
    probability: float | None
    harmful_pp: float | None
    warnings: tuple[str, ...]
    categories: tuple[str, ...]
    tlsh: str | None


@cache
def harmful_categories() -> tuple[str, ...]:
    """The categories of UT1 that count as harmful, from `ut1.toml`, where each has its meaning."""
    return tuple(sorted(_ut1()["harmful"]))


@cache
def _ut1() -> dict[str, dict[str, str]]:
    text = files("gonerd_scraper.distillation").joinpath("ut1.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OscarRules:
    """What a document needs to be kept; the defaults are section 3.2 of the paper (arXiv 2311.13657).

    Any field can stand in the TOML file of `--rules`; "off" switches a threshold off.
    """

    language: str | None = "en"
    """The label that language identification has to give."""
    min_probability: float | None = 0.8
    """The least probability of that language; OSCAR rounds some to slightly above 1."""
    warnings: tuple[str, ...] = ("tiny", "short_sentences", "noisy")
    """Quality warnings that drop a document. The paper names these three, `header` and `footer` not."""
    min_harmful_pp: float | None = 13.51
    """Perplexity under a model of harmful text, which must be exceeded: harmful text is likely to that
    model, so it is the low values that are dropped (arXiv 2212.10440)."""
    null_harmful_pp: str = "drop"
    """`drop` or `keep` a document without that perplexity. The paper does not say. The English part has
    one nearly everywhere, so dropping costs little and lets nothing through that was never looked at; in
    a part of OSCAR that has none at all, nothing would be left, and the command says so."""
    categories: str = "harmful"
    """`harmful`: drop the categories of `harmful_categories`; `any`: drop whatever has a category; `none`:
    drop none for its category."""
    harmful_categories: tuple[str, ...] = field(default_factory=harmful_categories)
    """Names of UT1 (`ut1.toml`)."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.warnings) - set(WARNINGS))
        if unknown:
            raise ConfigError(
                f"quality warning {unknown[0]!r} is unknown; expected some of {', '.join(WARNINGS)}"
            )
        strange = sorted(set(self.harmful_categories).difference(*_ut1().values()))
        if strange:
            raise ConfigError(f"harmful category {strange[0]!r} is none of UT1's that OSCAR has")
        least = self.min_probability
        if least is not None and not 0 <= least <= 1:
            raise ConfigError(f"min_probability is {least:g}, expected 0 to 1")
        for name, known in (
            ("null_harmful_pp", ("drop", "keep")),
            ("categories", ("harmful", "any", "none")),
        ):
            if getattr(self, name) not in known:
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}, expected one of {', '.join(known)}"
                )


def oscar_record(value: Any) -> OscarRecord:
    """Read either shape: `content`, `warc_headers`, `metadata`, or `id`, `text`, `meta` of derivatives.

    The id is the WARC record's where there is one, else an id that is a string. A running number, as
    derivatives have it, names nothing outside of its file: the id is then a hash of the text.

    Raises:
        SchemaError: it is neither, or a field has the wrong type.
    """
    if not isinstance(value, dict):
        raise SchemaError(f"found {type(value).__name__}, expected an object")
    text = value.get("content", value.get("text"))
    if not isinstance(text, str):
        raise SchemaError("no text: neither 'content' nor 'text' is a string")
    meta = value.get("metadata", value.get("meta"))
    if not isinstance(meta, dict):
        raise SchemaError("neither 'metadata' nor 'meta' is an object")
    headers = value.get("warc_headers", meta.get("warc_headers")) or {}
    if not isinstance(headers, dict):
        raise SchemaError(f"'warc_headers' is {type(headers).__name__}, expected an object")
    headers = {name.lower(): held for name, held in headers.items()}
    identification = meta.get("identification") or {}
    if not isinstance(identification, dict):
        raise SchemaError(
            f"'identification' is {type(identification).__name__}, expected an object"
        )
    return OscarRecord(
        id=_name(headers, value.get("id"), text),
        text=text,
        url=_text(headers, "warc-target-uri"),
        date=_text(headers, "warc-date"),
        language=_text(identification, "label"),
        probability=_number(identification, "prob"),
        harmful_pp=_number(meta, "harmful_pp"),
        warnings=_names(meta, "quality_warnings"),
        categories=_names(meta, "categories"),
        tlsh=_text(meta, "tlsh"),
    )


def reasons_against(record: OscarRecord, rules: OscarRules) -> list[str]:
    """All reasons to drop `record`, in the order of the rules; none: it is kept."""
    found = []
    if rules.language is not None and record.language != rules.language:
        found.append("language")
    if rules.min_probability is not None and (
        record.probability is None or record.probability < rules.min_probability
    ):
        found.append("probability")
    found += [f"warning_{name}" for name in rules.warnings if name in record.warnings]
    if rules.min_harmful_pp is not None:
        if record.harmful_pp is None:
            if rules.null_harmful_pp == "drop":
                found.append("harmful_pp_null")
        elif record.harmful_pp <= rules.min_harmful_pp:
            found.append("harmful_pp")
    if rules.categories != "none":
        found += [
            f"category_{name}"
            for name in record.categories
            if rules.categories == "any" or name in rules.harmful_categories
        ]
    return found


def document_from_oscar(record: OscarRecord) -> Document:
    """The document with its text as OSCAR has it.

    Raises:
        SchemaError: the text holds half of a surrogate pair.
    """
    meta = {
        "url": record.url,
        "source": "oscar",
        "fetched_at": record.date,
        "language": record.language,
        "probability": record.probability,
        "harmful_pp": record.harmful_pp,
        "quality_warnings": list(record.warnings),
        "categories": list(record.categories),
        "tlsh": record.tlsh,
        "licence": CC0_NOTE,
        "text_sha256": text_sha256(record.text),
    }
    return Document(id=record.id, text=record.text, meta=meta)


def _name(headers: Mapping[str, Any], given: Any, text: str) -> str:
    name = headers.get("warc-record-id")
    if isinstance(name, str) and name:
        return name.removeprefix("<").removesuffix(">").removeprefix("urn:uuid:")
    if isinstance(given, str) and given and not given.isdecimal():
        return given
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise SchemaError(f"{name!r} is {type(value).__name__}, expected a string")


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    """NaN, which some tools write for null, is null."""
    value = fields.get(name)
    if value is None:
        return None
    if type(value) not in (int, float):
        raise SchemaError(f"{name!r} is {type(value).__name__}, expected a number or null")
    if math.isinf(value):
        raise SchemaError(f"{name!r} is infinite")
    return None if math.isnan(value) else value


def _names(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    raise SchemaError(f"{name!r} is {value!r:.60}, expected a list of names or null")
