"""The settings of a crawl, and how a settings file becomes a frozen dataclass."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from gonerd.errors import ConfigError, InputError
from gonerd_scraper.shard import Shard

__all__ = ["CrawlConfig", "read_config", "read_toml"]

T = TypeVar("T")

MORE_THAN_0 = ("concurrency", "workers", "timeout", "page_seconds", "page_memory", "policy_seconds")
FROM_0 = (
    "delay", "max_crawl_delay", "retries", "backoff", "max_retry_after", "max_failures", "breaker_pause",
    "max_redirects", "max_depth", "max_sitemaps_per_host",
)  # fmt: skip
FROM_1 = (
    "max_pages", "max_pages_per_host", "max_addresses_per_host", "max_hosts_per_source", "max_page_bytes",
    "max_sitemap_bytes", "max_archive_bytes",
)  # fmt: skip

USER_AGENT = "gonerd/0.1 (+https://arxiv.org/abs/2311.13657)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlConfig:
    """How a crawl behaves. Every field can stand in the TOML file of `--config`."""

    user_agent: str = USER_AGENT
    """Sent with each request; robots.txt is asked for the name before the first `/` or space."""
    connect_to: str | None = None
    """`HOST:PORT` that every connection goes to, whatever the URL names; None: where the names say."""
    follow: bool = True
    """Discover pages by sitemaps, feeds and links; off: fetch the seeds and nothing else."""
    delay: float = 1.0
    """Seconds between the end of one request to a host and the start of the next."""
    max_crawl_delay: float = 60.0
    """Seconds; a longer Crawl-delay in robots.txt counts as this."""
    policy_seconds: float = 86_400.0
    """Seconds after which robots.txt, tdmrep.json and ai.txt are asked for again (RFC 9309, 2.4: a day)."""
    concurrency: int = 16
    """Pages in hand at once over all hosts, from request to extracted text; bounds the memory."""
    timeout: float = 30.0
    """Seconds that one request may take, body included."""
    retries: int = 2
    """Further tries after a network error, 408, 429 or 5xx."""
    backoff: float = 1.0
    """Seconds before the first retry; doubles each time, times a random factor in [0.5, 1)."""
    max_retry_after: float = 120.0
    """Seconds; a host that asks for a longer pause is left alone for the rest of the run."""
    max_failures: int = 5
    """Failures in a row, of the network or with a 429 or 5xx, after which a host gets a long pause."""
    breaker_pause: float = 60.0
    """Seconds of that pause. One more failure behind it, and the host is left alone for this run."""
    max_redirects: int = 5
    """Redirects that lead from an address to its page."""
    max_pages: int | None = None
    """Pages fetched in all, shared out by the weights of the sources, if they have any; None: no limit."""
    max_pages_per_host: int | None = 5000
    """Pages fetched from one host, or ten times as many addresses that gave no answer; None: no limit."""
    max_addresses_per_host: int = 200_000
    """Addresses of one host that are remembered; links to more are passed over."""
    max_hosts_per_source: int = 200
    """Hosts of one registered domain; links to more are passed over: servers make up names without end."""
    max_depth: int = 20
    """Links followed from a seed to a page."""
    max_sitemaps_per_host: int = 200
    """Sitemaps and feeds fetched from one host."""
    max_page_bytes: int = 10_000_000
    """Bytes of a page, before and after decompression."""
    max_sitemap_bytes: int = 50_000_000
    """Bytes of a sitemap or feed, before and after decompression."""
    max_archive_bytes: int = 1_000_000_000
    """Bytes after which a new WARC file is begun."""
    noindex: str = "refuse"
    """`refuse`: a page that asks not to be indexed is kept out; `record`: that is noted with the document."""
    tdm: str = "refuse"
    """The same for pages whose rights to text and data mining are reserved."""
    ai_txt: str = "refuse"
    """The same for pages that the site's ai.txt closes to training: a corpus is training data."""
    workers: int = 2
    """Processes that extract text."""
    page_seconds: float = 20.0
    """Seconds that extracting one page may take."""
    page_memory: int = 1_500_000_000
    """Bytes of address space of an extracting process."""
    shard: str | None = None
    """`R/N`: crawl only the registered domains whose hash is R modulo N, from 0; None: all."""
    seed: int = 0
    """Seed of the random part of the waits before retries."""

    def __post_init__(self) -> None:
        for name in ("noindex", "tdm", "ai_txt"):
            if getattr(self, name) not in ("record", "refuse"):
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}, expected 'record' or 'refuse'"
                )
        for name in MORE_THAN_0:
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected more than 0")
        for name in FROM_0:
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        for name in FROM_1:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}, expected 1 or more")
        if not self.user_agent.strip() or not self.user_agent.isprintable():
            raise ConfigError(f"user_agent is {self.user_agent!r}, expected a line with a name")
        if self.shard is not None:
            Shard.from_text(self.shard)
        if self.connect_to is not None:
            host, _, port = self.connect_to.rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise ConfigError(f"connect-to is {self.connect_to!r}, expected HOST:PORT")


def read_toml(path: Path) -> dict[str, Any]:
    """The table that a TOML file holds.

    Raises:
        InputError: there is no such file.
        ConfigError: it is not TOML; the message names file and line.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, a TOML file was expected") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path}: not TOML: {problem}") from None


def read_config(kind: type[T], path: Path | None, **overrides: Any) -> T:
    """An instance of the dataclass `kind` from a TOML file, with `overrides` (None: not given) on top.

    A field that may be None is switched off by the value "off": TOML has no null.

    Raises:
        ConfigError: a key is unknown, its value has the wrong type, or is NaN or infinite.
    """
    values = read_toml(path) if path is not None else {}
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # any dataclass
    for name, value in values.items():
        if name not in known:
            raise ConfigError(
                f"{path}: key {name!r} is unknown; expected one of {', '.join(known)}"
            )
        values[name] = _checked(f"{path}: {name}", value, hints[name])
    if values:
        try:
            _made(kind, values)
        except ConfigError as problem:
            raise ConfigError(f"{path}: {problem}") from None
    return _made(
        kind, values | {key: given for key, given in overrides.items() if given is not None}
    )


def _made(kind: type[T], values: dict[str, Any]) -> T:
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{name} is {value}, expected a finite number")
    return kind(**values)


def _checked(where: str, value: Any, hint: Any) -> Any:
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value == "off" and NoneType in options:
        return None
    for option in options:
        origin = get_origin(option) or option
        if origin is float and type(value) in (int, float):
            return float(value)
        if (
            origin is tuple
            and isinstance(value, list)
            and all(isinstance(part, str) for part in value)
        ):
            return tuple(value)
        if type(value) is origin:
            return value
    names = " or ".join(
        '"off"' if o is NoneType else getattr(o, "__name__", str(o)) for o in options
    )
    raise ConfigError(f"{where} is {value!r}, expected {names}")
