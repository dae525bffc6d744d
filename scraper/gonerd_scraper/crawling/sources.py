"""The sites that a corpus is built from, with the share each is meant to have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gonerd.errors import ConfigError, InputError
from gonerd.files import read_lines
from gonerd_scraper.config import read_toml
from gonerd_scraper.urls import host_of, is_web_url, registered_domain

__all__ = [
    "DEFAULT_SOURCES",
    "KINDS",
    "Source",
    "kind_of_domain",
    "page_weights",
    "read_sources",
    "sources_from_arguments",
    "weights_by_domain",
]

KINDS = ("justice", "news")
DOMAIN = re.compile(r"[^\s/:?#@]+")

DEFAULT_SOURCES = Path(__file__).with_name("sources.toml")
"""The domains that the paper's Table 10 names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A registered domain, what kind of text it brings, its share of the sample, and where to begin."""

    domain: str
    kind: str
    weight: float | None = None
    seeds: tuple[str, ...] = ()


def kind_of_domain(domain: str) -> str:
    """`justice` for the department of justice of the United States, else `news`."""
    return "justice" if domain == "justice.gov" else "news"


def read_sources(path: Path) -> list[Source]:
    """The sources of a TOML file: `[[source]]` tables with domain, kind, weight and seeds.

    Raises:
        ConfigError: an entry is not of that form, or the weights add up to more than 1; the message names
        file, entry and field.
    """
    table = read_toml(path)
    if set(table) != {"source"} or not isinstance(table["source"], list):
        raise ConfigError(
            f"{path}: found {', '.join(table) or 'nothing'}, expected [[source]] tables only"
        )
    sources = [
        _source(f"{path}: source {number}", entry)
        for number, entry in enumerate(table["source"], start=1)
    ]
    domains = [source.domain for source in sources]
    for domain in domains:
        if domains.count(domain) > 1:
            raise ConfigError(f"{path}: domain {domain!r} stands there more than once")
    total = sum(weights_by_domain(sources).values())
    if total > 1 + 1e-9:
        raise ConfigError(f"{path}: the weights add up to {total:g}, expected at most 1")
    return sources


def weights_by_domain(sources: Iterable[Source]) -> dict[str, float]:
    """The share that each registered domain is meant to have; domains without one are left out."""
    return {source.domain: source.weight for source in sources if source.weight is not None}


def page_weights(sources: Sequence[Source]) -> dict[str, float]:
    """The share of each source in a limited number of pages; empty where none has a weight.

    What the weights leave of 1 goes in equal parts to the sources without one.
    """
    weights = weights_by_domain(sources)
    others = [source.domain for source in sources if source.weight is None]
    if not weights or not others:
        return weights
    rest = max(0.0, 1.0 - sum(weights.values())) / len(others)
    return weights | dict.fromkeys(others, rest)


def sources_from_arguments(arguments: Sequence[str]) -> list[Source]:
    """What the command line names: URLs, .toml files of sources, other files with one URL a line.

    URLs of one registered domain make up one source. No argument: `DEFAULT_SOURCES`.

    Raises:
        ConfigError: as `read_sources`, or a line is no address. InputError: a file does not exist.
    """
    if not arguments:
        return read_sources(DEFAULT_SOURCES)
    sources: dict[str, Source] = {}
    urls: list[str] = []
    for argument in arguments:
        if "://" in argument:
            urls.append(_url("", argument))
        elif argument.endswith(".toml"):
            for source in read_sources(Path(argument)):
                if source.domain in sources:
                    raise ConfigError(
                        f"{argument}: domain {source.domain!r} stands in an earlier file already"
                    )
                sources[source.domain] = source
        elif argument != "-" and not Path(argument).exists():
            raise InputError(f"{argument} does not exist; a site is given as https://{argument}/")
        else:
            urls += [
                _url(f"{argument}:{number}: ", line.strip())
                for number, line in read_lines(argument)
                if line.strip() and not line.startswith("#")
            ]
    for source in _sources_from_urls(urls):
        known = sources.get(source.domain)
        if known is not None:
            source = Source(
                domain=known.domain,
                kind=known.kind,
                weight=known.weight,
                seeds=tuple(dict.fromkeys(known.seeds + source.seeds)),
            )
        sources[source.domain] = source
    return list(sources.values())


def _sources_from_urls(urls: Iterable[str]) -> list[Source]:
    seeds: dict[str, list[str]] = {}
    for url in urls:
        seeds.setdefault(registered_domain(host_of(url)), []).append(url)
    return [
        Source(domain=domain, kind=kind_of_domain(domain), seeds=tuple(dict.fromkeys(found)))
        for domain, found in seeds.items()
    ]


def _source(where: str, entry: Any) -> Source:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: found {type(entry).__name__}, expected a table")
    expected: dict[str, Any] = {"domain": str, "kind": str, "weight": (int, float), "seeds": list}
    for key, value in entry.items():
        if key not in expected:
            raise ConfigError(f"{where}: key {key!r} is unknown; expected {', '.join(expected)}")
        if isinstance(value, bool) or not isinstance(value, expected[key]):
            raise ConfigError(f"{where}: {key} is {value!r}, of the wrong type")
    if not entry.get("domain"):
        raise ConfigError(f"{where}: domain is missing")
    domain = entry["domain"].lower()
    if not DOMAIN.fullmatch(domain):
        raise ConfigError(f"{where}: domain is {domain!r}, expected a name such as 'justice.gov'")
    domain = host_of(f"http://{domain}/")
    if registered_domain(domain) != domain:
        raise ConfigError(
            f"{where}: domain is {domain!r}, expected what was registered, {registered_domain(domain)!r}: "
            "links are followed within that"
        )
    kind = entry.get("kind", kind_of_domain(domain))
    if kind not in KINDS:
        raise ConfigError(f"{where}: kind is {kind!r}, expected {' or '.join(KINDS)}")
    weight = entry.get("weight")
    if weight is not None and not 0 <= weight <= 1:
        raise ConfigError(f"{where}: weight is {weight}, expected a share from 0 to 1")
    seeds = tuple(
        _url(f"{where}: ", seed) for seed in entry.get("seeds", (f"https://www.{domain}/",))
    )
    if not seeds:
        raise ConfigError(
            f"{where}: seeds is empty, expected an address; leave it out for the front page"
        )
    return Source(domain=domain, kind=kind, weight=weight, seeds=seeds)


def _url(where: str, value: Any) -> str:
    if not isinstance(value, str) or not is_web_url(value):
        raise ConfigError(
            f"{where}{value!r} is no web address, expected http:// or https://, a host and no password"
        )
    host = urlsplit(value).hostname or ""
    if not all(host.split(".")):
        raise ConfigError(f"{where}{value!r}: {host!r} is no host name")
    return value
